import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeyedQueue } from './keyed-queue.ts'

const turn = () => new Promise((resolve) => setTimeout(resolve, 1))

test('tasks of one key run one after the other in order; a failure does not hold up the next', async () => {
  const queue = new KeyedQueue()
  const log: string[] = []
  const task =
    (name: string, fails = false) =>
    async () => {
      log.push(`${name} begins`)
      await turn()
      log.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    }
  const outcomes = await Promise.allSettled([
    queue.run('k', task('a')),
    queue.run('k', task('b', true)),
    queue.run('k', task('c')),
  ])
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('tasks of different keys run side by side', async () => {
  const queue = new KeyedQueue()
  let running = 0
  let most = 0
  const task = async () => {
    most = Math.max(most, ++running)
    await turn()
    running--
  }
  await Promise.all(['a', 'b', 'c'].map((key) => queue.run(key, task)))
  expect(most).toBe(3)
})

test('a task with nobody of its key before it begins at once, also when others have come and gone', async () => {
  const queue = new KeyedQueue()
  for (let round = 0; round < 3; round++) {
    let began = false
    const running = queue.run('k', async () => {
      began = true
    })
    expect(began).toBe(true)
    await running
    await turn()
  }
})

test('a task of several keys waits for those before it of any of its keys, and holds up the next of each', async () => {
  const queue = new KeyedQueue()
  const log: string[] = []
  const task = (name: string) => async () => {
    log.push(`${name} begins`)
    await turn()
    log.push(`${name} ends`)
  }
  await Promise.all([
    queue.run('a', task('a')),
    queue.run(['a', 'b'], task('ab')),
    queue.run(['b', 'c'], task('bc')),
    queue.run('d', task('d')),
    queue.run(['c', 'c'], task('c')),
  ])
  const order = log.filter((line) => !line.startsWith('d '))
  expect(order).toEqual(['a', 'ab', 'bc', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]))
  expect(log.indexOf('d begins')).toBeLessThan(log.indexOf('a ends'))
})

test('whatever the keys and durations, no two tasks of a key overlap and each key keeps its order', async () => {
  const tasks = fc.array(
    fc.record({
      keys: fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1, maxLength: 3 }),
      turns: fc.nat(6),
      fails: fc.boolean(),
      gap: fc.nat(4),
    }),
    { maxLength: 30 },
  )
  await fc.assert(
    fc.asyncProperty(tasks, async (tasks) => {
      const queue = new KeyedQueue()
      const running = new Map<string, number>()
      const ended: Record<string, number[]> = {}
      const results: Promise<unknown>[] = []
      for (const [number, { keys, turns, fails, gap }] of tasks.entries()) {
        const result = queue.run(keys, async () => {
          for (const key of keys) {
            expect(running.get(key)).toBeUndefined()
            running.set(key, number)
          }
          for (let left = turns; left > 0; left--) await Promise.resolve()
          for (const key of keys) {
            running.delete(key)
            ended[key] = [...(ended[key] ?? []), number]
          }
          if (fails) throw number
          return number
        })
        results.push(
          result.then(
            (value) => ['done', value],
            (error) => ['failed', error],
          ),
        )
        for (let left = gap; left > 0; left--) await Promise.resolve()
      }
      expect(await Promise.all(results)).toEqual(
        tasks.map(({ fails }, number) => [fails ? 'failed' : 'done', number]),
      )
      for (const numbers of Object.values(ended)) expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    }),
  )
})
