import {
  AnomalyDetector,
  type CaseEvent,
  discoverDrifts,
  discoverSequences,
  discoverSuccessions,
  EventLog,
  Predictor,
} from '@annals/insight'
import { Random } from '@annals/testing'
import { timed } from '../measure.ts'
import type { Suite } from '../suite.ts'

const caseCount = 14_000
const hourMs = 3_600_000

/** What insight learns from a history of made-up cases that branch, repeat themselves and take their time. */
export const insightLearning: Suite = {
  name: 'insight-learning',
  async run(bench) {
    const events = madeUp()
    const log = EventLog.from(events)
    const perSecond = async (work: () => void) => {
      const { seconds } = await timed(work)
      return [{ system: 'annals insight', unit: 'events/s', value: events.length / seconds }]
    }
    await bench.measure('sequences in a tenth of the cases', () => perSecond(() => discoverSequences(log)))
    await bench.measure('successions', () => perSecond(() => discoverSuccessions(log)))
    await bench.measure('drifts', () => perSecond(() => discoverDrifts(log)))
    await bench.measure('learn to predict, event by event', () =>
      perSecond(() => {
        const predictor = new Predictor({ isLast: ({ activity }) => activity === 'close' })
        for (const event of events) predictor.add(event)
      }),
    )
    await bench.measure('learn what is usual, and look at all cases', () =>
      perSecond(() => new AnomalyDetector(log).find(log, caseCount * hourMs)),
    )
  },
}

function madeUp(): CaseEvent[] {
  const random = new Random(1)
  const events = Array.from({ length: caseCount }, (_, index) => {
    const activities = ['open', random.next() < 0.7 ? 'card' : 'bill', 'pack']
    while (random.next() < 0.3) activities.push('repair', 'pack')
    if (random.next() < 0.8) activities.push(random.next() < 0.5 ? 'invoice' : 'label')
    activities.push('send', 'deliver', 'close')
    let atMs = index * hourMs
    return activities.map((activity): CaseEvent => {
      atMs += (0.1 - Math.log(1 - random.next())) * hourMs
      return { case: `order-${index}`, activity, atMs }
    })
  })
  return events.flat().sort((one, other) => one.atMs - other.atMs)
}
