import { basename, resolve } from 'node:path'
import { ProgressMeter } from '@annals/core'
import { writeWhole } from '../event-log/export-log.ts'
import { exit } from '../exit-code.ts'
import { reportData } from '../report/report-data.ts'
import { reportPage } from '../report/report-page.ts'
import type { Session } from '../session.ts'
import { counted } from '../text.ts'
import { type MineOptions, minedLog } from './mined-log.ts'

export interface ReportViewOptions extends MineOptions {
  readonly html: string
  readonly resource: string
  readonly noise: number
}

/** `annals mine report` */
export async function mineReport(session: Session, options: ReportViewOptions): Promise<number> {
  const { output, io } = session
  const { log, from, sourceWord } = await minedLog(session, options)
  const data = await session.withProgress('Finding', (onProgress) => {
    const meter = new ProgressMeter(onProgress)
    return reportData({
      log,
      from: options.file ? basename(from) : from,
      sourceWord,
      resource: options.resource,
      noise: options.noise,
      nowMs: Date.now(),
      onStep: (done, steps) => meter.update(done, steps),
      signal: io.signal,
    })
  })
  const page = reportPage(data)
  if (options.html === '-') {
    await output.text(page)
    return exit.done
  }
  const path = resolve(io.directory, options.html)
  // A report is made anew as often as it is asked for.
  await writeWhole(path, [page], { anew: true })
  if (output.json) await output.jsonLine({ file: path, cases: log.traces.length, events: log.eventCount })
  else
    await output.line(
      `Wrote ${path}: what ${counted(log.eventCount, 'event')} of ${counted(log.traces.length, 'case')} show.`,
    )
  return exit.done
}
