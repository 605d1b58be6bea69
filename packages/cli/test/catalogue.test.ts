import { join } from 'node:path'
import type { NewEvent } from '@annals/core'
import { openLog } from '@annals/log'
import { beforeEach, describe, expect, it } from 'vitest'
import { annals, temporaryDirectories } from './annals.ts'

const temporaryDirectory = temporaryDirectories()
const app = 'versions-app.ts'
let data: string

beforeEach(async () => {
  data = await temporaryDirectory()
})

describe('annals catalogue list', () => {
  it('lists what the application records, without a store', async () => {
    const { code, stdout } = await annals(['catalogue', 'list', '--app', app, '--data', '/no/such/directory'])
    expect(code).toBe(0)
    expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['CATEGORY', 'TYPE', 'VERSION', 'BEFORE', 'DESCRIPTION'],
      ['basket', 'BasketClosed', '1'],
      ['basket', 'ThingAdded', '2', 'ThingPut', 'A thing was put into the basket.'],
      ['basket', 'BasketLookedAt', 'retired'],
      [''],
    ])
  })

  it('gives each as one line of JSON, with the JSON Schema of its data', async () => {
    const { stdout } = await annals(['catalogue', 'list', '--app', app, '--json'])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toHaveLength(3)
    expect(lines.find(({ type }) => type === 'ThingAdded')).toMatchObject({
      category: 'basket',
      owners: ['decider basket'],
      olderVersions: [1],
      renamedFrom: ['ThingPut'],
      retired: false,
      jsonSchema: { required: ['thing', 'quantity'] },
    })
    expect(lines.at(-1)).toEqual({ type: 'BasketLookedAt', category: 'basket', retired: true })
  })

  it('needs an application', async () => {
    expect((await annals(['catalogue', 'list'])).code).toBe(2)
    expect((await annals(['catalogue', 'check'])).code).toBe(2)
  })
})

describe('annals catalogue check', () => {
  const record = async (...events: NewEvent[]) => {
    const store = await openLog(join(data, 'log'))
    await store.append({ stream: 'basket-1', events })
    return store
  }

  it('says that a history is sound, beside a running writer', async () => {
    const store = await record(
      { type: 'ThingPut', data: { thing: 'tea' } },
      { type: 'ThingAdded', data: { thing: 'tea', quantity: 2 }, metadata: { $version: 2 } },
      { type: 'BasketLookedAt', data: {} },
    )
    const told = await annals(['catalogue', 'check', '--app', app, '--data', data])
    expect(told).toMatchObject({ code: 0, stdout: 'Sound: 3 events read.\n', stderr: '' })
    const asJson = await annals(['catalogue', 'check', '--app', app, '--data', data, '--json'])
    expect(JSON.parse(asJson.stdout)).toEqual({ sound: true, events: 3, position: 3, findings: [] })
    await store.close()
  })

  it('tells what is wrong, how often and where, and ends with 1', async () => {
    const store = await record(
      ...Array.from({ length: 6 }, () => ({ type: 'Odd', data: {} })),
      { type: 'ThingPut', data: { thing: 7 } },
      { type: 'ThingAdded', data: {}, metadata: { $version: 9 } },
    )
    await store.close()
    const { code, stdout } = await annals(['catalogue', 'check', '--app', app, '--data', data])
    expect(code).toBe(1)
    expect(stdout).toContain(
      'Undeclared type: Odd in category basket: 6 events, at position 1, 2, 3, 4, 5, …\n  It is not declared by decider basket.\n',
    )
    expect(stdout).toContain(
      'Data does not fit: ThingPut in category basket, read by decider basket: 1 event, at position 7\n  thing: ',
    )
    expect(stdout).toContain('Unsupported version: ThingAdded in category basket')
    expect(stdout).toMatch(/3 findings: 8 events read\.\n$/)
    const asJson = await annals(['catalogue', 'check', '--app', app, '--data', data, '--json'])
    expect(asJson.code).toBe(1)
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      sound: false,
      findings: [
        { kind: 'undeclared-type', count: 6 },
        { kind: 'invalid-data' },
        { kind: 'unsupported-version' },
      ],
    })
  })

  it('makes no store where there is none', async () => {
    const { code } = await annals(['catalogue', 'check', '--app', app, '--data', join(data, 'none')])
    expect(code).toBe(4)
  })
})
