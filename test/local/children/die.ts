// Delivers messages: says each delivery, kills itself at a message for the instance `poison`, acknowledges
// the others.

import { unlimited } from '../messages.ts'
import { openFolder, say } from './program.ts'

const backend = await openFolder()
backend.run(
  {
    async handle(batch) {
      for (const { message, receiveCount } of batch) {
        say(`${message.instanceId} ${receiveCount}`)
        if (message.instanceId === 'poison') process.kill(process.pid, 'SIGKILL')
      }
      return new Set(batch)
    },
    async handleDead({ message }) {
      say(`dead ${message.instanceId}`)
    },
  },
  unlimited,
)
await backend.idle()
await backend.stop()
