import type { ProcessMap } from './process-map.ts'

/** A process map in the language of Graphviz, for drawing: with how often each activity and each edge was. */
export function dotOfProcessMap({ activities, edges }: ProcessMap): string {
  const numbers = new Map(activities.map(({ activity }, number) => [activity, number]))
  const most = Math.max(1, ...edges.map(({ events }) => events))
  const ends = activities.flatMap(({ starts, ends: last }, number) => [
    ...(starts > 0 ? [`  start -> a${number} [style=dashed label="${starts}"]`] : []),
    ...(last > 0 ? [`  a${number} -> end [style=dashed label="${last}"]`] : []),
  ])
  return [
    'digraph {',
    '  rankdir=TB',
    '  node [shape=box style=rounded]',
    '  start [shape=circle label="▶"]',
    '  end [shape=doublecircle label="■"]',
    ...activities.map(
      ({ activity, events }, number) => `  a${number} [label="${escaped(activity)}\\n${events}"]`,
    ),
    ...edges.map(
      ({ from, to, events }) =>
        `  a${numbers.get(from)} -> a${numbers.get(to)} [label="${events}" penwidth=${(1 + (4 * events) / most).toFixed(2)}]`,
    ),
    ...ends,
    '}',
    '',
  ].join('\n')
}

const escaped = (text: string) => text.replace(/["\\]/g, '\\$&').replaceAll('\n', ' ')
