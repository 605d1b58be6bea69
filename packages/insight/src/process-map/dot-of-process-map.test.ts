import { expect, test } from 'vitest'
import { EventLog } from '../event-log/event-log.ts'
import { dotOfProcessMap } from './dot-of-process-map.ts'
import { discoverProcessMap } from './process-map.ts'

test('a process map is drawn with its counts, its beginnings and ends, and names that are taken as they are', () => {
  const log = EventLog.from(
    ['1', '2'].flatMap((name) => [
      { case: name, activity: 'say "hi"', atMs: 1 },
      { case: name, activity: 'leave', atMs: 2 },
    ]),
  )
  const dot = dotOfProcessMap(discoverProcessMap(log).map)
  expect(dot).toContain('a1 [label="say \\"hi\\"\\n2"]')
  expect(dot).toContain('a1 -> a0 [label="2" penwidth=5.00]')
  expect(dot).toContain('start -> a1 [style=dashed label="2"]')
  expect(dot).toContain('a0 -> end [style=dashed label="2"]')
})
