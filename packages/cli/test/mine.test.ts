import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { annals, temporaryDirectories } from './annals.ts'
import { record } from './history.ts'

const temporary = temporaryDirectories()

/** Orders that are packed and shipped; every tenth is checked before, and the last has not been shipped yet. */
function orders(count = 60): string {
  const rows = ['case,activity,time,who,channel']
  for (let order = 0; order < count; order++) {
    const at = (minutes: number) =>
      new Date(Date.UTC(2026, 0, 1) + (order * 60 + minutes) * 60_000).toISOString()
    const channel = order % 10 === 0 ? 'mail' : 'web'
    if (order % 10 === 0) rows.push(`o${order},check,${at(0)},Ann,${channel}`)
    rows.push(`o${order},pack,${at(5)},Ann,${channel}`)
    if (order < count - 1)
      rows.push(`o${order},ship,${at(order % 10 === 0 ? 300 : 20 + (order % 7))},Bob,${channel}`)
  }
  return `${rows.join('\n')}\n`
}

let file = ''
beforeAll(async () => {
  file = join(await temporary(), 'orders.csv')
  await writeFile(file, orders())
})

const mine = (...argv: string[]) => annals(['mine', ...argv, '--file', file])
async function mined<Found>(...argv: string[]): Promise<Found> {
  const { code, stdout, stderr } = await mine(...argv, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

describe('annals mine', () => {
  it('shows the map, all of it or with what is hidden counted, and for Graphviz', async () => {
    const { stdout } = await mine('map')
    expect(stdout).toContain('60 cases, 125 events\n')
    expect(stdout).toMatch(/^pack +ship +59 +59 +18 min 0 s/m)
    const simple = await mine('map', '--detail', '0')
    expect(simple.stdout).not.toContain('check')
    expect(simple.stderr).toBe(
      'Hidden: 1 activity with 6 events, 1 edge taken 6 times; 6 of the cases are not shown whole.\n',
    )
    expect((await mine('map', '--dot')).stdout).toMatch(/^digraph \{\n/)
    expect(await mined('map')).toMatchObject({ cases: 60, events: 125, hidden: { cases: 0 } })
  })

  it('lists the variants, no more than wanted', async () => {
    const { stdout } = await mine('variants', '--limit', '1')
    expect(stdout).toMatch(/53 +88\.3 % +18 min \d+ s +2026-01-01 01:05 +2026-01-03 10:05 +pack → ship/)
    expect(stdout).toContain('… and 2 more; --limit shows more.')
    expect(await mined('variants')).toMatchObject({ variants: [{ cases: 53 }, { cases: 6 }, { cases: 1 }] })
  })

  it('discovers a model, and prints it for other programs', async () => {
    expect((await mine('model', '--measure')).stdout).toBe(
      "->( X( tau, 'check' ), 'pack', X( tau, 'ship' ) )\nFitness 1.0000, precision 1.0000\n",
    )
    expect((await mine('model', '--bpmn')).stdout).toContain('<definitions')
    expect((await mine('model', '--dot')).stdout).toContain('digraph {')
    expect((await mine('model', '--dot', '--bpmn')).code).toBe(2)
    const heuristics = await mine('model', '--miner', 'heuristics')
    expect(heuristics.stdout).toMatch(/^0\.98 +pack → ship$/m)
    expect((await mine('model', '--miner', 'heuristics', '--dot')).stdout).toContain('digraph {')
    expect(await mined('model', '--miner', 'heuristics')).toMatchObject({ unconnected: [] })
    expect((await mine('model', '--miner', 'heuristics', '--bpmn')).code).toBe(2)
  })

  it('tells rules as sentences, and how many cases break them', async () => {
    expect((await mine('rules', '--limit', '50')).stdout).toMatch(
      /^ +98\.3 % +60 +1 +After “pack” comes “ship”\.$/m,
    )
    const all = await mined<unknown[]>('rules', '--confidence-min', '0')
    expect(all.length).toBeGreaterThan((await mined<unknown[]>('rules')).length)
  })

  it('holds cases against a model of its own or of the user', async () => {
    const { stdout } = await mine('conformance', '--tree', "->( 'pack', 'ship' )")
    expect(stdout).toContain('53 of 60 cases fit.')
    expect(stdout).toMatch(/6 +6 +done though the model has it not +check/)
    expect(stdout).toMatch(/1 +1 +not done though the model has it +ship/)
    expect(await mined('conformance')).toMatchObject({ fittingCases: expect.any(Number) })
    const wrong = await mine('conformance', '--tree', '->(')
    expect(wrong.code).toBe(2)
  })

  it('finds patterns and correlations', async () => {
    expect((await mine('patterns')).stdout).toMatch(/59 +98\.3 % +pack … ship/)
    const { delay } = await mined<{ delay: { attribute: string; value: string }[] }>('correlations')
    expect(delay).toContainEqual(expect.objectContaining({ attribute: 'channel', value: 'mail' }))
    expect((await mine('correlations')).stdout).toContain('channel is "mail"')
  })

  it('foretells open cases beside how often that came true', async () => {
    const { stdout } = await mine('predict', '--end', 'ship')
    expect(stdout).toMatch(/^Next activity: \d+\.\d % of what was foretold came true/)
    expect(stdout).toMatch(/^o59 +ship +\d+\.\d %/m)
    expect(await mined('predict', '--case', 'o3')).toMatchObject({ predictions: [{ case: 'o3' }] })
    expect((await mine('predict', '--case', 'nobody')).code).toBe(2)
    expect(await mined('predict')).toMatchObject({ predictions: [] })
  })

  it('tells the most unusual cases with their event and why, and watches open ones', async () => {
    const { stdout } = await mine('anomalies', '--limit', '3')
    expect(stdout).toContain('The most unusual of 60 cases\n')
    expect(stdout).toMatch(/0\.\d+ +(flow|timing|attribute) +o\d+ +\d+ +\S/)
    const watched = await mine('anomalies', '--end', 'ship')
    expect(watched.stdout).toContain('1 open case, compared with 59 that ended.')
  })

  it('tells drifts and bottlenecks', async () => {
    expect((await mine('drift')).stdout).toContain('Points at which cases change their ways\n(none)')
    const { stdout } = await mine('bottlenecks', '--resource', 'who')
    expect(stdout).toMatch(/pack → ship/)
    expect(stdout).toMatch(/Ann → Bob/)
    expect(stdout).toMatch(/begin a day and take \d+ min/)
    expect(stdout).toMatch(/^Thu +\d+/m)
    const { busyHours } = await mined<{ busyHours: { byWeekday: number[] } }>(
      'bottlenecks',
      '--utc-offset',
      '-60',
    )
    expect(busyHours.byWeekday.reduce((sum, each) => sum + each, 0)).toBe(125)
    expect((await mine('bottlenecks', '--utc-offset', 'noon')).code).toBe(2)
  })

  it('joins the start and the completion of work, whatever their order in the file', async () => {
    const rows = ['complete,2026-01-01T11:00:00Z', 'start,2026-01-01T10:00:00Z'].map((row) => `1,pack,${row}`)
    const given = { stdin: `case,activity,lifecycle:transition,time\n${rows.join('\n')}\n` }
    const argv = ['mine', 'bottlenecks', '--file', '-', '--format', 'csv', '--json', '--join-lifecycle']
    const { serviceTimes } = JSON.parse((await annals(argv, given)).stdout)
    expect(serviceTimes).toMatchObject([{ activity: 'pack', service: { count: 1, medianMs: 3_600_000 } }])
  })

  it('takes the events of a store, by stream, tag or a property of the data', async () => {
    const data = await temporary()
    await record(
      data,
      ['1', '2', '3'].map((cart) => ({
        afterMs: 1000,
        append: {
          stream: `cart-${cart}`,
          events: [
            { type: 'Added', data: { shop: Number(cart) % 2 }, tags: ['item:tea'] },
            { type: 'Paid', data: null },
          ],
        },
      })),
    )
    const cases = async (...argv: string[]) => {
      const { stdout, stderr } = await annals(['mine', 'map', '--json', '--data', data, ...argv])
      const { cases: found, events } = JSON.parse(stdout)
      return [found, events, stderr]
    }
    expect(await cases()).toEqual([3, 6, ''])
    expect(await cases('--type', 'Paid')).toEqual([3, 3, ''])
    expect(await cases('--case-tag', 'item')).toEqual([1, 3, '3 events belong to no such case.\n'])
    expect(await cases('--case-field', 'shop', '--quiet')).toEqual([2, 3, ''])
    expect(await cases('--category', 'none')).toEqual([0, 0, 'There are no events to look at.\n'])
  })

  it('gives a sound result for nothing, one event, one case, and times that run backwards', async () => {
    const commands = [
      'map',
      'variants',
      'model',
      'rules',
      'conformance',
      'patterns',
      'correlations',
      'predict',
      'anomalies',
      'drift',
      'bottlenecks',
    ]
    for (const rows of ['', '1,a,2026-01-01\n', '1,b,2026-01-02\n1,a,2026-01-01\n1,a,2026-01-01\n']) {
      for (const command of commands)
        for (const form of [[], ['--json']]) {
          const { code, stderr } = await annals(
            ['mine', command, '--file', '-', '--format', 'csv', ...form],
            {
              stdin: `case,activity,time\n${rows}`,
            },
          )
          expect({ command, rows, code, stderr }).toEqual({
            command,
            rows,
            code: 0,
            stderr: rows === '' ? 'There are no events to look at.\n' : '',
          })
        }
    }
  })

  it('refuses what does not go together, with what to do', async () => {
    const unknown = await annals(['mine', 'map', '--file', 'log.txt'])
    expect(unknown.stderr).toContain('say --format xes, ocel or csv')
    expect((await mine('map', '--category', 'cart')).stderr).toContain('for the store, not with --file')
    expect((await mine('map', '--case-tag', 'order')).stderr).toContain(
      'the cases of other files are their own',
    )
    const ocel = { events: [], objects: [{ id: 'o', type: 'order' }] }
    const none = await annals(['mine', 'map', '--file', '-', '--format', 'ocel'], { stdin: '{"events":[]}' })
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('found no objects in this OCEL') })
    for (const argv of [[], ['--case-tag', 'item']]) {
      const { code, stderr } = await annals(['mine', 'map', '--file', '-', '--format', 'ocel', ...argv], {
        stdin: JSON.stringify(ocel),
      })
      expect(code).toBe(2)
      expect(stderr).toContain('"order"')
    }
    const wrong: [string[], string][] = [
      [['map', '--case-column', 'order'], 'Name the one that it is as --case-column.'],
      [['map', '--time-column', 'who'], 'in "who", but got "Ann".'],
      [
        ['drift', '--window-cases', '5'],
        'The --window-cases cannot be used: expected a whole number, 10 or more',
      ],
    ]
    for (const [argv, words] of wrong) {
      const { code, stderr } = await mine(...argv)
      expect(code).toBeGreaterThan(1)
      expect(stderr).toContain(words)
    }
    for (const argv of [
      ['--detail', '2'],
      ['--detail', ''],
    ])
      expect((await mine('map', ...argv)).code).toBe(2)
    expect((await mine('patterns', '--support-min', '0')).code).toBe(2)
  })
})
