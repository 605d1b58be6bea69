import { parseArgs } from 'node:util'
import { openData } from '@annals/cli'
import { createApp, startOfLog } from '@annals/core'
import { TrialBalance } from './balances.ts'
import { endDay } from './end-of-day.ts'
import { dayOf } from './events.ts'
import { modules } from './modules.ts'
import { euros } from './money.ts'
import { Statement } from './statement.ts'
import { openBank, tellDay } from './story.ts'

// A day at the bank, told on the terminal: the first run lives it, and each run ends it and shows the books.
const { values } = parseArgs({ options: { data: { type: 'string', default: './data/ledger' } } })
const { store, readModels, close } = await openData(values.data)
const app = createApp({ store, modules, readModels: [readModels] })
try {
  if ((await store.head()) === startOfLog) {
    await openBank(app)
    await tellDay(app)
  }
  const end = await endDay(app, dayOf(new Date()))
  console.log(
    `The day ${end.on} is closed: ${end.overdrawn} overdrawn, ${euros(end.interestCents)} of interest.\n`,
  )

  const { lines, closingCents } = await app.query(Statement, { account: 'ann' })
  console.log('The statement of Ann:')
  for (const { on, what, with: other, amountCents } of lines)
    console.log(`  ${on}  ${what.padEnd(34)} ${other.padEnd(14)} ${euros(amountCents).padStart(10)}`)
  console.log(`${''.padEnd(52)} ${'balance'.padEnd(9)} ${euros(closingCents).padStart(10)}\n`)

  const { accounts, sumCents } = await app.query(TrialBalance, {}, { waitFor: await store.head() })
  console.log('The trial balance:')
  for (const { account, owner, balanceCents } of accounts)
    console.log(`  ${account.padEnd(16)} ${owner.padEnd(18)} ${euros(balanceCents).padStart(12)}`)
  console.log(`  ${'all together'.padEnd(35)} ${euros(sumCents).padStart(12)}`)
} finally {
  await app.close()
  await close()
}
