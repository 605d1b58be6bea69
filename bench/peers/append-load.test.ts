import { createMemoryStore } from '@annals/core'
import { describe, expect, it } from 'vitest'
import { annalsOn } from './annals.ts'
import { Appender } from './append-load.ts'
import { oneAtATime } from './one-at-a-time.ts'
import type { PeerStore } from './peer.ts'

function memoryPeer(overrides: Partial<PeerStore> = {}): PeerStore {
  return { ...annalsOn(createMemoryStore()), ...overrides }
}

const load = { callers: 8, eventsEach: 3, seconds: 0.05 }

describe('the appends of the comparison', () => {
  it('counts the events that were recorded, none of them twice, over several runs', async () => {
    const store = memoryPeer()
    const appender = new Appender(store)
    const [first, second] = [await appender.run(load), await appender.run(load)]
    let recorded = 0
    await store.readAll(() => recorded++)
    expect(recorded).toBe(first.events + second.events)
    expect(first.failures + second.failures).toBe(0)
    expect(await appender.check()).toBeUndefined()
  })

  it('counts calls that are rejected, and none of their events', async () => {
    const store = memoryPeer()
    let calls = 0
    const appender = new Appender({
      ...store,
      append: (...call) => {
        calls++
        return calls % 2 === 0
          ? Promise.reject(new Error('outer', { cause: new Error('locked') }))
          : store.append(...call)
      },
    })
    const run = await appender.run(load)
    expect(run.calls).toBe(calls)
    expect(run.failures).toBe(Math.floor(calls / 2))
    expect(run.events).toBe((calls - run.failures) * load.eventsEach)
    expect(run.failure).toBe('locked')
    expect(await appender.check()).toBeUndefined()
  })

  it('notices events that were answered for and are not there', async () => {
    const appender = new Appender(memoryPeer({ append: () => Promise.resolve() }))
    await appender.run(load)
    expect(await appender.check()).toMatch(/has 0 events, but \d+ were answered for/)
  })

  it('come one after the other where a store is behind a queue, also after one was refused', async () => {
    let running = 0
    const order: string[] = []
    const store = oneAtATime(
      memoryPeer({
        async append(stream) {
          expect(++running).toBe(1)
          await new Promise(setImmediate)
          running--
          order.push(stream)
          if (stream === 'b') throw new Error('refused')
        },
      }),
    )
    const answers = await Promise.allSettled(['a', 'b', 'c'].map((stream) => store.append(stream, [], -1)))
    expect(order).toEqual(['a', 'b', 'c'])
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })
})
