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
