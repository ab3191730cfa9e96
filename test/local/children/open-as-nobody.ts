// Opens the folder without the rights of root, from which no permission keeps anything.

import { openFolder, say } from './program.ts'

if (process.getuid?.() === 0) {
  process.setgid?.(65_534)
  process.setuid?.(65_534)
}
const backend = await openFolder()
say('open')
await backend.stop()
