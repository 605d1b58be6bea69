#!/usr/bin/env node
import { exit } from './exit-code.ts'
import { run } from './run.ts'

// Node.js would end with 1, which is how a rejected command ends.
process.on('uncaughtException', (error) => {
  console.error(error)
  process.exit(exit.bug)
})

process.exitCode = await run(process.argv.slice(2))
