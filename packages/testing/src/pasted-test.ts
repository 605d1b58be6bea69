import type { Decider, RecordedEvent } from '@annals/core'
import { onOneLine } from './differences.ts'
import type { Failure } from './tried-steps.ts'

/** The text of a test that shows a failure, and passes once it is mended. */
export function pastedTest(
  { category }: Decider,
  { problem, events, execution, invariant }: Failure,
): string {
  const decider = category.replace(/(?:^|[^A-Za-z0-9])([A-Za-z0-9])/g, (_found, letter: string) =>
    letter.toUpperCase(),
  )
  const name = JSON.stringify(invariant ?? problem.split(/[.:\n]/)[0])
  const given =
    events.length === 0
      ? `given(${decider})`
      : `given(\n    ${decider},\n${events.map((event, index) => `    ${eventText(event, events[index - 1])},\n`).join('')}  )`
  const holds = invariant === undefined ? '' : `.thenState(invariants[${JSON.stringify(invariant)}])`
  if (!execution) return `test(${name}, () => ${given}${holds || '.thenState(() => true)'})`
  const { command, input, now } = execution
  const time =
    now.getTime() === (events.at(-1)?.recordedAt ?? startOfTests).getTime()
      ? ''
      : `, { now: ${dateText(now)} }`
  return `test(${name}, () =>
  ${given}
    .when(${decider}.commands${memberText(command.name)}, ${onOneLine(input)}${time})
    ${holds || '.thenDecided()'})`
}

// Where the clock of every test begins that says nothing else.
const startOfTests = new Date('2030-01-01T00:00:00Z')

function eventText(event: RecordedEvent, before: RecordedEvent | undefined): string {
  const { type, data, tags, metadata, recordedAt } = event
  // What Annals itself says of an event is said again when it is recorded again.
  const own = Object.entries(metadata ?? {}).filter(([key]) => !key.startsWith('$'))
  const isLater = recordedAt.getTime() !== (before?.recordedAt ?? startOfTests).getTime()
  const parts = [
    `type: ${onOneLine(type)}`,
    `data: ${onOneLine(data)}`,
    ...(tags.length > 0 ? [`tags: ${onOneLine(tags)}`] : []),
    ...(own.length > 0 ? [`metadata: ${onOneLine(Object.fromEntries(own))}`] : []),
    ...(isLater ? [`recordedAt: ${dateText(recordedAt)}`] : []),
  ]
  return `{ ${parts.join(', ')} }`
}

function dateText(date: Date): string {
  return `new Date('${date.toISOString()}')`
}

function memberText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}
