import type { RecordedEvent } from '@annals/core'
import type { LogStore } from '@annals/log'
import { Option } from 'commander'
import { cloudEventOf } from './cloud-event.ts'

/** In what form events are lines of JSON. */
export type EventFormat = 'jsonl' | 'cloudevents'

export const eventFormats: readonly EventFormat[] = ['jsonl', 'cloudevents']

/** The option for it. */
export function formatOption(): Option {
  return new Option(
    '--format <format>',
    'jsonl, as --json of other commands, or cloudevents, CloudEvents 1.0 in JSON, one a line',
  )
    .choices(eventFormats)
    .default('jsonl')
}

/** Makes the line of an event of a store, without its end. */
export async function lineForm(
  format: EventFormat,
  store: LogStore,
): Promise<(event: RecordedEvent) => string> {
  if (format === 'jsonl') return (event) => JSON.stringify(event)
  const { storeId } = await store.stats()
  return (event) => JSON.stringify(cloudEventOf(event, storeId))
}
