// The operations on many instances: lists, counts, and one act on all that a filter means. They stand one segment above the instances,
// where Dapr has nothing.

import type { Context } from 'hono'
import type { ActOnMany, InstanceList, ListRequest, Management } from '../runtime/management.ts'
import { TenutoError } from '../workflow/errors.ts'
import { encodePayload } from '../workflow/payload.ts'
import { jsonAnswer } from './answers.ts'
import { readMembers } from './body.ts'
import { listQuery, manyQuery } from './list-query.ts'
import { type Members, pageBytes, reasonOf } from './operations.ts'
import { pathNames } from './path.ts'
import { toWireStatus, toWireSummary, type WireList } from './wire.ts'

export async function listMany({ req }: Context, management: Management): Promise<Response> {
  pathNames(req.path)
  const { request, counts } = listQuery(req.url)
  if (!counts) return jsonAnswer(200, await pageOf(management, request))
  const { pageSize: _size, pageToken: _token, newestFirst: _first, withPayloads: _with, ...filter } = request
  return jsonAnswer(200, await management.count(filter))
}

export async function actOnMany({ req }: Context, management: Management): Promise<Response> {
  pathNames(req.path)
  const { action, ...request } = manyQuery(req.url)
  const act = actOf(action, await readMembers(req.raw))
  return jsonAnswer(200, await management.actOnMany({ ...request, act }))
}

/** A page that is too large for an answer is asked for again, shorter; one instance always fits. */
async function pageOf(management: Management, request: ListRequest): Promise<WireList> {
  const list = await management.list(request)
  const page = toWireList(list, request.withPayloads ?? false)
  let bytes = 0
  const tooMany = page.instances.findIndex((each, at) => {
    bytes += Buffer.byteLength(JSON.stringify(each))
    return at > 0 && bytes > pageBytes
  })
  return tooMany < 0 ? page : pageOf(management, { ...request, pageSize: tooMany })
}

function toWireList({ instances, nextPageToken }: InstanceList, withPayloads: boolean): WireList {
  return {
    instances: instances.map(withPayloads ? toWireStatus : toWireSummary),
    ...(nextPageToken !== undefined && { nextPageToken }),
  }
}

function actOf(action: string, members: Members): ActOnMany {
  const reason = reasonOf(members)
  switch (action) {
    case 'pause':
      return { kind: 'suspend', ...(reason !== undefined && { reason }) }
    case 'resume':
      return { kind: 'resume', ...(reason !== undefined && { reason }) }
    case 'terminate': {
      const output = encodePayload(members.get('output'), 'output')
      return { kind: 'terminate', ...(output !== undefined && { output }) }
    }
    case 'purge':
      return { kind: 'purge' }
    default:
      throw new TenutoError(
        'ERR_MALFORMED_REQUEST',
        `action must be pause, resume, terminate or purge, got '${action.slice(0, 40)}'.`,
      )
  }
}
