import { join } from 'node:path'
import {
  createApp,
  createMemoryStore,
  defineDecider,
  defineProcessManager,
  type EventStore,
  send,
} from '@annals/core'
import { openLog } from '@annals/log'
import { z } from 'zod'
import { timed } from '../measure.ts'
import type { Suite } from '../suite.ts'

const eventCount = 20_000
const keyCounts = [1_000, 20_000]

/** Process managers that react to each event with a command, and how much of what they cost is their own. */
export const processes: Suite = {
  name: 'processes',
  async run(bench) {
    for (const keyCount of keyCounts) {
      await bench.measure(
        `react to ${eventCount.toLocaleString('en')} events of ${keyCount.toLocaleString('en')} keys`,
        async () => {
          const figures = []
          for (const [system, open] of [
            ['annals log', (round: string) => openLog(join(bench.directory, round))],
            ['memory store', async () => createMemoryStore()],
          ] as const) {
            const store = await open(`log-${keyCount}-${rounds++}`)
            figures.push(...(await reactions(store, system, keyCount)))
            await store.close()
          }
          return figures
        },
      )
    }
  },
}

let rounds = 0

const none = z.object({})

const Task = defineDecider({
  category: 'task',
  events: { Asked: none, Done: none },
  initialState: () => 0,
  evolve: { Asked: (count) => count + 1, Done: (count) => count + 1 },
  commands: { Do: { requires: 'any', input: none, decide: () => ({ type: 'Done', data: {} }) } },
})

const DoTasks = defineProcessManager({
  name: 'doing',
  reactsTo: { Asked: none },
  key: ({ stream }) => stream.slice('question-'.length),
  on: { Asked: (_state, _event, { key }) => send(Task.commands.Do, `task-${key}`, {}) },
  parallelMax: 256,
})

async function reactions(store: EventStore, system: string, keyCount: number) {
  const asked = { type: 'Asked', data: {} }
  await store.append(
    Array.from({ length: keyCount }, (_, key) => ({
      stream: `question-${key}`,
      events: Array.from({ length: eventCount / keyCount }, () => asked),
    })),
  )
  const reacting = await timed(async () => {
    const app = createApp({ store, modules: [Task, DoTasks] })
    await doneCount(store, eventCount)
    await app.close()
  })
  // The same commands without a process: what is left is the cost of reacting, and of doing it once.
  const alone = createApp({ store, modules: [Task] })
  const commands = await timed(async () => {
    let next = 0
    const worker = async () => {
      while (next < eventCount) await alone.execute(Task.commands.Do, `task-alone${next++ % keyCount}`, {})
    }
    await Promise.all(Array.from({ length: 256 }, worker))
  })
  await alone.close()
  return [
    { system, unit: 'reactions/s', value: eventCount / reacting.seconds },
    {
      system: `${system}, the same commands alone`,
      unit: 'commands/s',
      value: eventCount / commands.seconds,
    },
  ]
}

async function doneCount(store: EventStore, wanted: number): Promise<void> {
  let count = 0
  for await (const { events } of store.subscribe({ query: [{ types: ['Done'] }] }).batches()) {
    count += events.length
    if (count >= wanted) return
  }
}
