import { join } from 'node:path'
import { createApp, defineDecider } from '@annals/core'
import { openLog } from '@annals/log'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { annals, temporaryDirectories } from './annals.ts'

const temporary = temporaryDirectories()

const Bell = defineDecider({
  category: 'bell',
  events: { Rung: z.object({}) },
  initialState: () => 0,
  evolve: { Rung: (rung) => rung + 1 },
  commands: {
    Ring: { requires: 'any', input: z.object({}), decide: () => ({ type: 'Rung', data: {} }) },
  },
})

/** A data directory in which two bells are to be rung, and one has been. */
async function bells(): Promise<string> {
  const data = join(await temporary(), 'data')
  const log = await openLog(join(data, 'log'))
  const app = createApp({ store: log, modules: [Bell] })
  const { Ring } = Bell.commands
  await app.schedule(Ring, 'bell-2', {}, { at: new Date('2100-01-02T00:00:00Z'), id: 'second' })
  await app.schedule(Ring, 'bell-1', {}, { at: new Date('2100-01-01T00:00:00Z'), id: 'first' })
  await app.schedule(Ring, 'bell-0', {}, { afterMs: 0, id: 'done' })
  await expect.poll(async () => (await app.scheduled()).length).toBe(2)
  await app.close()
  await log.close()
  return data
}

test('annals scheduled list shows the commands that wait, soonest first', async () => {
  const data = await bells()
  const listed = await annals(['scheduled', 'list', '--data', data])
  expect(listed).toMatchObject({ code: 0, stderr: '' })
  expect(listed.stdout).toMatch(
    /^ID +AT +COMMAND +STREAM *\nfirst +2100-01-01T00:00:00\.000Z +Ring +bell-1 *\nsecond +2100-01-02T00:00:00\.000Z +Ring +bell-2 *\n$/,
  )
  const lines = (await annals(['scheduled', 'list', '--json', '--data', data])).stdout.trim().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { id: 'first', command: 'Ring', stream: 'bell-1', input: {}, state: 'waiting' },
    { id: 'second' },
  ])
})

test('annals scheduled cancel calls one off, says if it is too late, and knows what never was', async () => {
  const data = await bells()
  const cancel = (id: string) => annals(['scheduled', 'cancel', id, '--by', 'ann', '--data', data])
  expect(await cancel('first')).toMatchObject({ code: 0, stdout: 'Command first will not be executed.\n' })
  expect(await cancel('done')).toMatchObject({
    code: 1,
    stdout: 'It is too late: the time of done has come already.\n',
  })
  expect(await cancel('never')).toMatchObject({ code: 4, stderr: expect.stringContaining('"never"') })
  const log = await openLog(join(data, 'log'))
  const events = await Array.fromAsync(log.read({ stream: '$schedule-first' }))
  expect(events.at(-1)).toMatchObject({ type: 'ScheduleCancelled', metadata: { $callerId: 'ann' } })
  await log.close()
  const cancelled = await annals(['scheduled', 'cancel', 'first', '--json', '--data', data])
  expect(JSON.parse(cancelled.stdout)).toEqual({ id: 'first', cancelled: true })
})
