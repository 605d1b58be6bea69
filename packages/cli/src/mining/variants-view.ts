import { discoverProcessMap, type Variant } from '@annals/insight'
import { exit } from '../exit-code.ts'
import type { Session } from '../session.ts'
import { counted } from '../text.ts'
import { counts, durationMs, figures, moment, printTable, share, texts } from './figures.ts'
import { type MineOptions, minedLog } from './mined-log.ts'

/** `annals mine variants` */
export async function mineVariants(session: Session, options: MineOptions): Promise<number> {
  const { output } = session
  const { log } = await minedLog(session, options)
  const { variants } = discoverProcessMap(log)
  if (output.json) await output.jsonLine(variants)
  else {
    await printTable<Variant>(session, 'Variants', columns, variants.variants, options.limit)
    if (variants.casesWithoutVariant > 0)
      await output.line(`${counted(variants.casesWithoutVariant, 'case')} too long for a variant.`)
  }
  return exit.done
}

const columns = [
  counts<Variant>('CASES', ({ cases }) => cases),
  figures<Variant>('SHARE', (variant) => share(variant.share)),
  figures<Variant>('MEDIAN', ({ duration }) => durationMs(duration.medianMs)),
  figures<Variant>('FIRST', ({ firstSeenMs }) => moment(firstSeenMs)),
  figures<Variant>('LAST', ({ lastSeenMs }) => moment(lastSeenMs)),
  texts<Variant>('ACTIVITIES', ({ activities }) => activities.join(' → ')),
]
