import { isAnnalsError, type RecordedEvent } from '@annals/core'
import { Random, type SimulatedDisk, simulatedDirectory } from '@annals/testing'
import { type LogStore, openLog, verifyLog } from '../../src/index.ts'
import { Broken } from './broken.ts'
import { contentOf } from './history.ts'
import type { Continued } from './life.ts'
import { differenceBetween, eventsOf, type Outcome, outcomeOf, textOf } from './outcome.ts'
import type { Flip } from './plan.ts'

/** What may come of a bit that turns. */
export interface FlipOptions extends Pick<Continued, 'history' | 'sabotage'> {
  /**
   * Whether the head is sure to say how far the log is durable. If not, the last commits cannot be told from what a crash
   * has torn; then damage in them is cut off, and recovery says so.
   */
  readonly isHeadKept: boolean
}

/**
 * Turns a bit in a copy of what a life has left, and opens, reads, follows and verifies it: either the damage is
 * reported, or everything is there as before; and nothing is ever shown that was not recorded.
 */
export async function checkFlip(
  left: SimulatedDisk,
  { seed, when }: Flip,
  options: FlipOptions,
): Promise<void> {
  const random = new Random(seed)
  const inHint = random.chance(0.1)
  const seal = random.chance(0.5)
  const expected = await withStore(left.afterKill({ seed }), options, {}, (store) =>
    outcomeOf(() => contentOf(store)),
  )
  const copy = left.afterKill({ seed })
  const turn = () => copy.flipBit((path) => isHint(path) === inHint)
  let turned: ReturnType<typeof turn>
  try {
    if (when === 'closed') turned = turn()
    else
      await withStore(copy, options, { seal }, async (store) => {
        turned = turn()
        // Events are only decoded when they are looked at, and damage is found only then.
        await unlessReported(async () =>
          assertSame({ ...expected, events: await eventsOf(store.read('everything')) }, expected),
        )
        await unlessReported(() => store.verify())
      })
    await checkClosed(copy, expected, { ...options, isHeadKept: options.isHeadKept || when === 'open' })
  } catch (error) {
    if (!(error instanceof Broken) || !turned) throw error
    throw new Broken(
      `After a bit of byte ${turned.offset} of ${turned.path} has turned ${when}: ${error.message}`,
    )
  }
}

/**
 * Whether a file can be lost without anything being lost, since it says what is known from elsewhere or is not finished.
 */
function isHint(path: string): boolean {
  return /\/(head|lock)$|\.(new|index)$/.test(path)
}

async function checkClosed(copy: SimulatedDisk, expected: Outcome, options: FlipOptions): Promise<void> {
  const { history, sabotage, isHeadKept } = options
  await unlessReported(() => verifyLog(simulatedDirectory, { disk: sabotage.disk?.(copy) ?? copy }))
  const texts = new Map(expected.events.map((event) => [event.position, textOf(event)]))
  const assertRecorded = (events: readonly RecordedEvent[]) => {
    for (const event of events) {
      const recorded = texts.get(event.position) ?? history.textAt(event.position)
      if (recorded !== undefined && recorded !== textOf(event))
        throw new Broken(`position ${event.position} is shown with what was never recorded`)
    }
  }
  await unlessReported(() =>
    withStore(copy, options, { readOnly: true }, async (follower) =>
      assertRecorded(await eventsOf(follower.read('everything'))),
    ),
  )
  await unlessReported(() =>
    withStore(copy, options, {}, async (store) => {
      const content = await outcomeOf(() => contentOf(store))
      assertRecorded(content.events)
      const isCut = store.recovery && (!isHeadKept || (await store.head()) >= history.head)
      if (!isCut) assertSame(content, expected)
    }),
  )
}

function assertSame(found: Outcome, expected: Outcome): void {
  const difference = differenceBetween(found, expected)
  if (difference) throw new Broken(`no damage is reported, but ${difference}`)
}

async function withStore<Result>(
  simulated: SimulatedDisk,
  { history, sabotage }: FlipOptions,
  settings: { readonly readOnly?: boolean; readonly seal?: boolean },
  use: (store: LogStore) => Promise<Result>,
): Promise<Result> {
  const store = await openLog(simulatedDirectory, {
    seal: false,
    ...settings,
    disk: sabotage.disk?.(simulated) ?? simulated,
    clock: () => history.nowMs,
    deterministic: true,
  })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

/** The result, unless the store says that it is damaged, or no store that it knows. */
async function unlessReported<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isAnnalsError(error) && reports.has(error.code)) return undefined
    throw error
  }
}

const reports: ReadonlySet<string> = new Set([
  'store-damaged',
  'not-a-store',
  'store-format-unsupported',
  // Of a store that was only being made.
  'store-not-found',
])
