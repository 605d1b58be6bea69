import { Command, InvalidArgumentError, Option } from 'commander'
import { withCaseOptions } from '../event-log/case-options.ts'
import { logFormats, withColumnOptions, withTimeOptions } from '../event-log/log-format.ts'
import { withSelectionOptions } from '../event-selection.ts'
import { repeated, wholeNumber } from '../option-values.ts'
import type { ActionOf } from '../program.ts'
import type { Session } from '../session.ts'

/** `annals mine` and what is below it */
export function mineCommand(action: ActionOf): Command {
  // What is below is loaded only when needed, so that other commands start at once.
  const view = <Options>(load: () => Promise<(session: Session, options: Options) => Promise<number>>) =>
    action(async (session: Session) => (await load())(session, session.options<Options>()))

  const mine = new Command('mine').description(
    'Finds what a history shows of itself: in the store, beside a running writer, or in a file of events (XES, OCEL, CSV).',
  )
  withSelectionOptions(
    mine
      .option(
        '--file <file>',
        'an event log instead of the store: XES, OCEL or CSV, also with .gz; - is stdin',
      )
      .addOption(
        new Option('--format <format>', 'of the file, if its name does not tell').choices(logFormats),
      ),
  )
  withTimeOptions(withColumnOptions(withCaseOptions(mine)))
    .option('--join-lifecycle', 'make one of the events of the start and the completion of work')
    .option('--limit <count>', 'the most rows of each table', wholeNumber, 20)

  const command = (name: string, summary: string, description: string, ...examples: readonly string[]) => {
    const own = new Command(name)
      .summary(summary)
      .description(description)
      .addHelpText(
        'after',
        `\nExample${examples.length > 1 ? 's' : ''}:\n${examples.map((each) => `  $ annals mine ${each}`).join('\n')}`,
      )
    mine.addCommand(own)
    return own
  }

  command(
    'map',
    'show what was done and what follows what',
    'Shows what was done and what followed directly upon what, with how often and after how long. What is left out with less detail is counted.',
    'map --category cart',
    'map --file helpdesk.xes.gz --detail 0.8 --dot | dot -Tsvg > map.svg',
  )
    .option(
      '--detail <share>',
      'the share of cases to show whole, the most frequent ways first',
      shareFrom0,
      1,
    )
    .option('--dot', 'print it for Graphviz')
    .action(view(async () => (await import('../mining/map-view.ts')).mineMap))

  command(
    'variants',
    'list the ways in which cases went',
    'Lists the ways in which cases went, the most frequent first, with how many cases went so, how long they took, and when the first and the last of them began.',
    'variants --category cart --limit 5',
  ).action(view(async () => (await import('../mining/variants-view.ts')).mineVariants))

  command(
    'model',
    'discover a model that allows what was done',
    'Discovers a process tree; without noise it allows every case. Or a heuristics net, which shows what is likely and promises less.',
    'model --category cart --noise 0.2 --measure',
    'model --file orders.csv --bpmn > orders.bpmn',
  )
    .addOption(
      new Option('--miner <miner>', 'inductive, a process tree; heuristics, a net of what leads to what')
        .choices(['inductive', 'heuristics'])
        .default('inductive'),
    )
    .option(
      '--noise <share>',
      'leave out what is rarer than this share of its alternatives; default: 0, of heuristics 0.05',
      shareFrom0,
    )
    .option('--measure', 'also tell its fitness and precision')
    .option('--bpmn', 'print it as BPMN 2.0')
    .option('--dot', 'print it as a Petri net for Graphviz')
    .action(view(async () => (await import('../mining/model-view.ts')).mineModel))

  command(
    'rules',
    'discover rules that cases keep to',
    'Discovers rules between activities, such as that after one comes another, and tells how many cases break them.',
    'rules --category cart --confidence-min 0.99',
  )
    .option('--support-min <share>', 'only rules that this share of cases is about; default: 0.1', shareFrom0)
    .option('--confidence-min <share>', 'only rules that this share of them keeps; default: 0.95', shareFrom0)
    .action(view(async () => (await import('../mining/rules-view.ts')).mineRules))

  command(
    'conformance',
    'hold cases against a model',
    'Aligns each case with a model, and tells how well they fit and where they deviate. The model is given, or discovered with noise, so that what is rare deviates.',
    'conformance --file helpdesk.xes.gz --noise 0.2',
    `conformance --category cart --tree "->( 'ItemAdded', 'CheckedOut' )"`,
  )
    .option('--noise <share>', 'of the discovered model, as of annals mine model', shareFrom0, 0.2)
    .option('--tree <tree>', 'a process tree, in the form that annals mine model prints')
    .action(view(async () => (await import('../mining/conformance-view.ts')).mineConformance))

  command(
    'patterns',
    'find what many cases have in common',
    'Finds sequences of activities, others possibly between them, that many cases have, and activities that are done where others are.',
    'patterns --category cart --support-min 0.3',
  )
    .option('--support-min <share>', 'only what this share of cases has; default: 0.1', shareAbove0)
    .option('--confidence-min <share>', 'only rules that hold this often; default: 0.8', shareAbove0)
    .option('--length-max <count>', 'the most activities of a sequence; default: 12', wholeNumber)
    .action(view(async () => (await import('../mining/patterns-view.ts')).minePatterns))

  command(
    'correlations',
    'find what goes with what more than by chance',
    'Finds activities that go together or exclude each other, that follow each other more or less than by chance, that come soon after others in other cases, and values that go with how long cases take or with doing things again. Corrected for the number of questions.',
    'correlations --file receipt.xes.gz',
  )
    .option(
      '--false-discovery-rate <share>',
      'the share of findings that may be chance; default: 0.05',
      shareAbove0,
    )
    .action(view(async () => (await import('../mining/correlations-view.ts')).mineCorrelations))

  command(
    'predict',
    'foretell how open cases go on',
    'Learns how cases go on, and foretells the next activity and the remaining time of open ones, with how often that came true on what had not been seen.',
    'predict --category cart --end CheckedOut',
    'predict --file helpdesk.xes.gz --case "Case 7"',
  )
    .option('--end <activity>', 'cases that have not come to this are open; may be repeated', repeated)
    .option('--case <case>', 'this case alone, as if it were open')
    .action(view(async () => (await import('../mining/predict-view.ts')).minePredict))

  command(
    'anomalies',
    'find unusual cases, and say why',
    'Finds cases that are unusual in what was done, in how long it took or in their values, and says why, with the event that it is about. With --end, watches the open cases: unusual beside those that ended, or late by now.',
    'anomalies --category cart',
    'anomalies --category cart --end CheckedOut --end Abandoned',
  )
    .option('--end <activity>', 'cases that have not come to this are open; may be repeated', repeated)
    .option('--false-alarm-rate <share>', 'the share of alarms that may be false', shareAbove0, 0.05)
    .action(view(async () => (await import('../mining/anomalies-view.ts')).mineAnomalies))

  command(
    'drift',
    'find when cases changed their ways',
    'Finds the points in time from which on cases went another way, or at another speed, and says what changed most.',
    'drift --file helpdesk.xes.gz',
  )
    .option('--false-alarm-rate <share>', 'how probable a false one may be; default: 0.001', shareAbove0)
    .option('--window-cases <count>', 'the cases before and after a point; default: 100', wholeNumber)
    .action(view(async () => (await import('../mining/drift-view.ts')).mineDrift))

  command(
    'bottlenecks',
    'show where time passes',
    'Shows on which steps time passes, how long is waited and worked, who hands over to whom, what is done for several cases at once, how much is under way, and when in a week.',
    'bottlenecks --file helpdesk.xes.gz --resource org:resource',
  )
    .option('--resource <attribute>', 'the attribute that says who did an event', 'resource')
    .option('--utc-offset <minutes>', 'how far the clock on the wall is ahead of UTC', minutes, 0)
    .action(view(async () => (await import('../mining/bottlenecks-view.ts')).mineBottlenecks))

  command(
    'report',
    'write all of it as one page to look at',
    'Writes all findings as one HTML page that holds all it needs: the map drawn, with a slider, variants, time, unusual cases, rules and who breaks them, changes, relations, a model, each with the events that it is about.',
    'report --category cart --html carts.html',
    'report --file helpdesk.xes.gz --resource org:resource --html helpdesk.html',
  )
    .requiredOption('--html <file>', 'where to write it; - is standard output')
    .option('--resource <attribute>', 'the attribute that says who did an event', 'resource')
    .option('--noise <share>', 'of the model, as of annals mine model', shareFrom0, 0.2)
    .action(view(async () => (await import('../mining/report-view.ts')).mineReport))

  return mine
}

function minutes(text: string): number {
  if (/^[+-]?\d{1,4}$/.test(text) && Math.abs(Number(text)) <= 1440) return Number(text)
  throw new InvalidArgumentError('Expected whole minutes from -1440 to 1440.')
}

function shareFrom0(text: string): number {
  return shareOf(text, 'Expected a number from 0 to 1.', (value) => value >= 0 && value <= 1)
}

function shareAbove0(text: string): number {
  return shareOf(text, 'Expected a number above 0 and at most 1.', (value) => value > 0 && value <= 1)
}

function shareOf(text: string, problem: string, isRight: (value: number) => boolean): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (isRight(value)) return value
  throw new InvalidArgumentError(problem)
}
