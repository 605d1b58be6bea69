import { statSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { LogStore } from '@annals/log'
import { filesIn } from './page-cache.ts'

/**
 * Waits until a store has nothing to do in the background: all segments but the last are sealed, and no file of its
 * directory has changed for a while. Throws if a segment could not be sealed.
 */
export async function settled(store: LogStore): Promise<void> {
  for (let [before, same] = ['', 0]; same < samePolls; ) {
    const { sealing } = await store.stats()
    if (sealing?.problem) throw new Error(`A segment could not be sealed: ${sealing.problem}`)
    const now = sealing?.waiting ? 'sealing' : listOf(store.directory)
    same = now === before && now !== 'sealing' ? same + 1 : 0
    before = now
    await setTimeout(pollMs)
  }
}

const pollMs = 50
const samePolls = 10

function listOf(directory: string): string {
  return filesIn(directory)
    .map((path) => {
      // What was listed may be gone by now, which is a change as well.
      const found = statSync(path, { throwIfNoEntry: false })
      return `${path} ${found?.size} ${found?.mtimeMs}`
    })
    .sort()
    .join('\n')
}
