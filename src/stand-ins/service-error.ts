/** An error as the service reports it: the name that the SDK's exception has, and the status of the answer. */
export class ServiceError extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }

  override get name(): string {
    return this.code
  }

  get isSendersFault(): boolean {
    return this.status < 500
  }
}

/** What AWS does and this stand-in does not: better a loud error than a quiet difference. */
export function notImplemented(what: string): ServiceError {
  return new ServiceError('NotImplementedByStandIn', `The stand-in does not do ${what}.`, 501)
}
