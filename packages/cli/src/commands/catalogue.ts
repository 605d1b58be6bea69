import { type CatalogueEvent, catalogueOf, checkEvents, type EventFinding } from '@annals/core'
import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import type { ActionOf } from '../program.ts'
import type { Session } from '../session.ts'
import { counted, printable } from '../text.ts'

/** `annals catalogue list` and `check` */
export function catalogueCommand(action: ActionOf): Command {
  const list = new Command('list')
    .summary('list the event types of the application')
    .description(
      'Lists the event types that the application records, with their versions and what they were before. Needs --app, and no store.',
    )
    .addHelpText('after', '\nExample:\n  $ annals catalogue list --app shop.ts')
    .action(action(listEvents))
  const check = new Command('check')
    .summary('hold every recorded event against the application')
    .description(
      'Reads every event and checks that the application knows its type and version, can make it into one of today, and that it fits the schema then. What does not is told with its positions, and the exit code is 1. Needs --app; works beside a running writer.',
    )
    .addHelpText('after', '\nExample:\n  $ annals catalogue check --app shop.ts')
    .action(action(checkStore))
  const catalogue = new Command('catalogue').description(
    'Tells what the application records, and whether it can read what was recorded.',
  )
  for (const command of [list, check]) catalogue.addCommand(command)
  return catalogue
}

async function listEvents(session: Session): Promise<number> {
  const { output } = session
  const { events, retired } = catalogueOf(await session.neededModules())
  if (output.json) {
    for (const event of events) await output.jsonLine({ ...event, retired: false })
    for (const event of retired) await output.jsonLine({ ...event, retired: true })
    return exit.done
  }
  const rows: Row[] = [
    ...events.map((event) => ({ ...event, version: String(event.version), before: beforeOf(event) })),
    ...retired.map((event) => ({ ...event, version: '', before: 'retired', description: undefined })),
  ]
  await output.lines(output.table<Row>(columns).lines(rows))
  return exit.done
}

interface Row {
  readonly type: string
  readonly category: string | undefined
  readonly version: string
  readonly before: string
  readonly description: string | undefined
}

const columns = [
  { title: 'CATEGORY', value: ({ category = '' }: Row) => category },
  { title: 'TYPE', value: ({ type }: Row) => type },
  { title: 'VERSION', value: ({ version }: Row) => version, align: 'right' },
  { title: 'BEFORE', value: ({ before }: Row) => before },
  { title: 'DESCRIPTION', value: ({ description = '' }: Row) => description },
] as const

function beforeOf({ renamedFrom, splitFrom, mergedFrom }: CatalogueEvent): string {
  return [
    ...renamedFrom,
    ...splitFrom.map((type) => `part of ${type}`),
    ...(mergedFrom.length > 0 ? [mergedFrom.join(' + ')] : []),
  ].join(', ')
}

async function checkStore(session: Session): Promise<number> {
  const { output } = session
  const modules = await session.neededModules()
  const { signal } = session.io
  const { findings, ...read } = await session.withStore({ readOnly: true }, (store) =>
    session.withProgress('Checking', (onProgress) => checkEvents(store, modules, { onProgress, signal })),
  )
  const sound = findings.length === 0
  if (output.json) await output.jsonLine({ sound, ...read, findings })
  else {
    for (const finding of findings) await output.lines(linesOf(session, finding))
    const verdict = sound
      ? output.style('green', 'Sound')
      : output.style('red', counted(findings.length, 'finding'))
    await output.line(`${verdict}: ${counted(read.events, 'event')} read.`)
  }
  return sound ? exit.done : exit.found
}

function linesOf({ output }: Session, finding: EventFinding): string[] {
  const { kind, type, category, reader, count: events, positions, problem } = finding
  const of = `${type} in category ${category}${reader ? `, read by ${reader}` : ''}`
  const more = events > positions.length ? ', …' : ''
  return [
    `${output.style('red', kinds[kind])}: ${printable(of)}: ${counted(events, 'event')}, at position ${positions.join(', ')}${more}`,
    `  ${printable(problem)}`,
  ]
}

const kinds: { readonly [Kind in EventFinding['kind']]: string } = {
  'undeclared-type': 'Undeclared type',
  'unsupported-version': 'Unsupported version',
  'upcaster-failed': 'Upcaster failed',
  'invalid-data': 'Data does not fit',
}
