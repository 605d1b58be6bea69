import type { CaseEvent } from '@annals/insight'
import { Random } from '@annals/testing'

/**
 * Events of made-up orders, 2,000 of which go on at once: about eight events each, which branch, repeat themselves and
 * come in some hundred variants. One after the other, so that there may be any number of them. The same in every run.
 */
export function* madeUpEvents(count: number): Generator<CaseEvent, void, void> {
  const random = new Random(1)
  const open: { readonly name: string; readonly left: string[] }[] = []
  let [begun, atMs] = [0, 0]
  for (let source = 0; source < count; source++) {
    while (open.length < openCases)
      open.push({ name: `order-${begun++}`, left: activitiesOf(random).reverse() })
    const place = Math.floor(random.next() * openCases)
    const { name, left } = open[place] as (typeof open)[number]
    atMs += 100 * random.next()
    const attributes = {
      by: random.next() < 0.5 ? 'post' : 'van',
      resource: `clerk ${Math.floor(random.next() * 20)}`,
    }
    yield { case: name, activity: left.pop() as string, atMs, attributes, source }
    if (left.length > 0) continue
    open[place] = open.at(-1) as (typeof open)[number]
    open.pop()
  }
}

/** Whether a case ends with an event. */
export const isLast = ({ activity }: CaseEvent): boolean => activity === 'close'

const openCases = 2_000

function activitiesOf(random: Random): string[] {
  const activities = ['open', random.next() < 0.7 ? 'card' : 'bill', 'pack']
  while (random.next() < 0.3) activities.push('repair', 'pack')
  if (random.next() < 0.8) activities.push(random.next() < 0.5 ? 'invoice' : 'label')
  return [...activities, 'send', 'deliver', 'close']
}
