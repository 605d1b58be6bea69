import { join } from 'node:path'
import type { StreamAppend } from '@annals/core'
import { openLog } from '@annals/log'

/** An append, and how many milliseconds after the one before it is made. */
export interface TimedAppend {
  readonly afterMs: number
  readonly append: StreamAppend
}

/** Records a history in a data directory at times of its own, from so many milliseconds after noon on. */
export async function record(data: string, appends: Iterable<TimedAppend>, fromMs = 0): Promise<void> {
  let nowMs = Date.UTC(2026, 0, 31, 12) + fromMs
  const store = await openLog(join(data, 'log'), { clock: () => nowMs })
  for (const { afterMs, append } of appends) {
    nowMs += afterMs
    await store.append(append)
  }
  await store.close()
}

/** Events of several streams, each with a time of its own. */
export function* sampleHistory(count: number, textLength = 20): Generator<TimedAppend> {
  for (let index = 0; index < count; index++)
    yield {
      afterMs: 1 + (index % 3),
      append: {
        stream: `${index % 2 ? 'odd' : 'even'}-${index % 5}`,
        events: [
          {
            type: index < count / 2 ? 'Early' : 'Late',
            data: { index, text: 'ä'.repeat(textLength) },
            tags: [`third:${index % 3}`],
            ...(index % 4 === 0 && { metadata: { by: 'Ada' } }),
            ...(index % 7 === 0 && { id: `given-${index}` }),
          },
        ],
      },
    }
}
