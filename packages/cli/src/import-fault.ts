import { AnnalsError } from '@annals/core'
import { prepareAppend } from '@annals/core/store'
import { AppendBatch } from './append-batch.ts'
import { invalidLine } from './event-line.ts'
import { outOfOrder } from './import-error.ts'
import type { RecordedLine } from './recorded-line.ts'

/** The lines before the first that no store would take, and why it would not. */
export function partedAtFault(batch: AppendBatch<RecordedLine>): {
  readonly sound: AppendBatch<RecordedLine>
  readonly fault?: { readonly error: AnnalsError; readonly line: RecordedLine }
} {
  const faultIn = (lines: readonly RecordedLine[]): AnnalsError | undefined => {
    try {
      if (lines.length > 0) prepareAppend(AppendBatch.from(lines).appends())
      return undefined
    } catch (error) {
      if (error instanceof AnnalsError) return error
      throw error
    }
  }
  const { lines } = batch
  if (!faultIn(lines)) return { sound: batch }
  let sound = 0
  for (let faulty = lines.length; faulty - sound > 1; ) {
    const middle = Math.floor((sound + faulty) / 2)
    if (faultIn(lines.slice(0, middle))) faulty = middle
    else sound = middle
  }
  const line = lines[sound] as RecordedLine
  const error = faultIn([line])
  return {
    sound: AppendBatch.from(lines.slice(0, sound)),
    // What is sound by itself can only be there twice.
    fault: { line, error: error ? invalidLine(line.event.type, problemOf(error)) : outOfOrder(line) },
  }
}

/** What is wrong, to stand within a sentence; how much is recorded is said behind it. */
function problemOf({ message }: AnnalsError): string {
  return message.replace(/ Nothing was recorded\.$/, '').replace(/\.$/, '')
}
