import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openLog } from '@annals/log'
import { timed } from '../measure.ts'
import type { Suite } from '../suite.ts'

/** The import of a file of real baskets, through the commands of the shop, by the shop's own program. */
export const groceries: Suite = {
  name: 'groceries',
  async run(bench) {
    const file = process.env.ANNALS_GROCERIES
    if (!file) {
      bench.note(
        'The import of groceries was left out. Give it a file of baskets, one a line: ANNALS_GROCERIES=FILE npm run bench',
      )
      return
    }
    const program = join(import.meta.dirname, '..', '..', 'examples', 'shopping-cart', 'src', 'import.ts')
    let run = 0
    await bench.measure('import of groceries, with the start of its process', async () => {
      const data = join(bench.directory, `import-${run++}`)
      const { seconds } = await timed(() =>
        promisify(execFile)(process.execPath, [program, file, '--data', data]),
      )
      const log = await openLog(join(data, 'log'), { readOnly: true })
      const { events, streams } = await log.stats()
      await log.close()
      return [
        { system: 'annals shop', unit: 'events/s', value: events / seconds },
        { system: 'annals shop', unit: 'carts/s', value: streams / seconds },
        { system: 'annals shop', unit: 'seconds', value: seconds },
      ]
    })
  },
}
