// A backup in a process of its own: `backup-process.ts DIRECTORY TARGET`. It says when it begins, so that whoever kills it
// does so while it works.
import { writeSync } from 'node:fs'
import { backup } from '../src/index.ts'

const [directory, target] = process.argv.slice(2) as [string, string]
writeSync(1, 'begins\n')
const { position } = await backup(directory, target)
writeSync(1, `${position}\n`)
