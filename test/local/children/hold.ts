// Opens the folder and holds it until it is killed.

import { openFolder, say } from './program.ts'

await openFolder()
say('open')
process.stdin.resume()
