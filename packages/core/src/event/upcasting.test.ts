import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createMemoryStore, defineEvent, type EventSchemas, type NewEvent } from '../index.ts'
import { currentEvents } from './current-events.ts'

// Any schema will do, since reading validates nothing.
const data = z.custom<{ readonly steps: readonly string[] }>()
type Steps = { readonly steps: readonly string[] }
const then = (step: string) => (old: Steps) => ({ steps: [...old.steps, step] })

/** How one type of today came about. */
interface Past {
  readonly version: number
  readonly origin: 'itself' | 'renamed' | 'split' | 'merged'
}

const past = fc.record({
  version: fc.integer({ min: 1, max: 5 }),
  origin: fc.constantFrom<Past['origin']>('itself', 'renamed', 'split', 'merged'),
})

function declare(type: string, { version, origin }: Past, index: number) {
  const upcasters = Object.fromEntries(
    Array.from({ length: version - 1 }, (_, n) => [n + 1, then(`${type}.${n + 1}`)]),
  ) as never
  // Types that were split share what they were split from, two by two.
  const whole = `Whole${index >> 1}`
  return defineEvent({
    data,
    version,
    upcasters,
    ...(origin === 'renamed' && { renamedFrom: [`Old${type}`] }),
    ...(origin === 'split' && { splitFrom: { [whole]: then(`${type}.part`) as never } }),
    ...(origin === 'merged' && {
      mergedFrom: {
        types: [`First${type}`, `Last${type}`],
        merge: (parts: object) => {
          const { [`First${type}`]: first, [`Last${type}`]: last } = parts as Record<
            string,
            Steps | undefined
          >
          return { steps: [...(first?.steps ?? ['none']), ...(last?.steps ?? [])] }
        },
      },
    }),
  })
}

/** What is recorded in an old form, and the same as it would be recorded today. */
interface Both {
  readonly old: NewEvent
  readonly today: readonly NewEvent[]
}

class History {
  readonly #pasts: readonly Past[]
  // The first halves of merged events that wait for the second, by stream and type.
  readonly #waiting = new Map<string, string>()

  constructor(pasts: readonly Past[]) {
    this.#pasts = pasts
  }

  event(stream: string, index: number, recordedIn: number, name: string): Both[] {
    const past = this.#pasts[index] as Past
    const type = `T${index}`
    const of = (type: string, version: number): NewEvent => ({
      type,
      data: { steps: [name] },
      ...(version > 1 && { metadata: { $version: version } }),
    })
    const version = 1 + (recordedIn % past.version)
    const itself = { old: of(type, version), today: [this.#today(index, version, [name])] }
    switch (past.origin) {
      case 'itself':
        return [itself]
      case 'renamed':
        return [{ ...itself, old: of(recordedIn % 2 ? `Old${type}` : type, version) }]
      case 'split': {
        const pair = [index & ~1, index | 1].filter((other) => this.#pasts[other]?.origin === 'split')
        return [
          {
            old: of(`Whole${index >> 1}`, 1),
            today: pair.map((part) => this.#today(part, 1, [name, `T${part}.part`])),
          },
        ]
      }
      case 'merged': {
        const key = `${stream} ${type}`
        if (recordedIn % 2 === 0) {
          this.#waiting.set(key, name)
          return [{ old: of(`First${type}`, 1), today: [] }]
        }
        const first = this.#waiting.get(key) ?? 'none'
        this.#waiting.delete(key)
        return [{ old: of(`Last${type}`, 1), today: [this.#today(index, 1, [first, name])] }]
      }
    }
  }

  #today(index: number, from: number, steps: readonly string[]): NewEvent {
    const { version } = this.#pasts[index] as Past
    const since = Array.from({ length: version - from }, (_, n) => `T${index}.${from + n}`)
    return {
      type: `T${index}`,
      data: { steps: [...steps, ...since] },
      ...(version > 1 && { metadata: { $version: version } }),
    }
  }
}

test('whatever became of event types, a fold is the same as over events recorded anew today', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(past, { minLength: 1, maxLength: 5 }),
      fc.array(fc.record({ stream: fc.nat(2), type: fc.nat(4), recordedIn: fc.nat(20) }), { maxLength: 25 }),
      fc.array(fc.nat(4), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 7 }),
      fc.nat(30),
      async (pasts, recorded, asked, batchEvents, begin) => {
        const events: EventSchemas = Object.fromEntries(
          pasts.map((past, index) => [`T${index}`, declare(`T${index}`, past, index)]),
        )
        const history = new History(pasts)
        const store = createMemoryStore()
        // What is expected has the place of what was recorded.
        const expected: { stream: string; revision: number; position: number; event: NewEvent }[] = []
        for (const [index, { stream: number, type, recordedIn }] of recorded.entries()) {
          const stream = `s-${number}`
          for (const { old, today } of history.event(stream, type % pasts.length, recordedIn, `e${index}`)) {
            const appended = await store.append({ stream, events: [old] })
            const revision = appended.streams[0]?.revision ?? -1
            for (const event of today) expected.push({ stream, revision, position: appended.position, event })
          }
        }
        const types = [...new Set(asked.map((index) => `T${index % pasts.length}`))]
        const after = Math.min(begin, await store.head())
        for (const select of ['everything', { stream: 's-1' }, { query: [{ types }] }] as const) {
          const { selection, current } = currentEvents(store, events, select)
          const read = await Array.fromAsync(store.read(selection, { after }))
          const folded: object[] = []
          // In batches of any length, since what is merged may lie in different ones.
          for (let at = 0; at < read.length; at += batchEvents) {
            const batch = await current(read.slice(at, at + batchEvents))
            folded.push(
              ...batch.map(({ type, data, metadata, stream, revision, position }) => ({
                stream,
                revision,
                position,
                event: { type, data, ...(metadata && { metadata }) },
              })),
            )
          }
          expect(folded).toEqual(
            expected.filter(
              ({ stream, position, event }) =>
                position > after &&
                (typeof select === 'string' ||
                  ('stream' in select ? stream === select.stream : types.includes(event.type))),
            ),
          )
        }
      },
    ),
    { numRuns: 300 },
  )
})
