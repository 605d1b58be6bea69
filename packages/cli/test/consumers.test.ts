import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openLog } from '@annals/log'
import { describe, expect, it } from 'vitest'
import { annals, temporaryDirectories } from './annals.ts'
import type { ThingsSettings } from './things-app.ts'

const temporary = temporaryDirectories()

/** Runs with a projection of these settings over what lies on the shelves. */
async function shelves(...things: readonly (readonly [shelf: string, thing: string])[]) {
  const directory = await temporary()
  const data = join(directory, 'data')
  const log = await openLog(join(data, 'log'))
  for (const [shelf, thing] of things)
    await log.append({ stream: `shelf-${shelf}`, events: [{ type: 'ThingPut', data: { thing } }] })
  await log.close()
  return async (settings: Partial<ThingsSettings>, ...argv: string[]) => {
    const all = { version: 1, weight: 1, fails: true, ...settings }
    const app = join(directory, `app-${JSON.stringify(Object.values(all)).replaceAll(/\W/g, '-')}.ts`)
    const source = JSON.stringify(join(import.meta.dirname, 'things-app.ts'))
    await writeFile(
      app,
      `import { thingsApp } from ${source}\nexport const modules = thingsApp(${JSON.stringify(all)})\n`,
    )
    return annals([...argv, '--app', app, '--data', data])
  }
}

describe('annals consumers', () => {
  it('lists how far each projection is, and what is parked', async () => {
    const run = await shelves(['1', 'tea'], ['2', 'broken'], ['2', 'tea'])
    expect((await run({}, 'consumers', 'parked', 'things')).stdout).toMatch(
      /^KEY +POSITION +TYPE +ATTEMPTS +PARKED +ERROR\nshelf-2 +2 +ThingPut +1 +\S+Z +it is broken\n$/,
    )
    expect((await run({}, 'consumers', 'list')).stdout).toMatch(
      /^NAME +VERSION +POSITION +BEHIND +PARKED\nthings +1 +3 +\d +1\n$/,
    )
    const listed = await run({}, 'consumers', 'list', '--json')
    expect(JSON.parse(listed.stdout)).toMatchObject({ name: 'things', kind: 'projection', parkedKeys: 1 })
  })

  it('handles again what is parked, changes it or passes over it, with who did it', async () => {
    const run = await shelves(['1', 'broken'], ['1', 'tea'], ['2', 'broken'], ['3', 'broken'])
    const keysAfter = async (settings: Partial<ThingsSettings>, ...argv: string[]) => {
      const { code, stdout } = await run(settings, 'consumers', ...argv, '--json')
      expect(code).toBe(0)
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).key)
    }
    expect(await keysAfter({}, 'parked', 'things')).toEqual(['shelf-1', 'shelf-2', 'shelf-3'])
    expect(await keysAfter({}, 'discard', 'things', 'shelf-1', '--by', 'ann')).toEqual(['shelf-2', 'shelf-3'])
    const edited = ['edit', 'things', 'shelf-2', '--data-json', '{"thing":"mended"}', '--by', 'bea']
    expect(await keysAfter({}, ...edited)).toEqual(['shelf-3'])
    expect(await keysAfter({ fails: false }, 'retry', 'things', 'shelf-3')).toEqual([])
    const again = await run({}, 'consumers', 'retry', 'things', 'shelf-3')
    expect(again.code).toBe(4)
    expect(again.stderr).toContain('nothing of it is parked')
    expect((await run({}, 'consumers', 'parked', 'things')).stdout).toBe('Nothing of things is parked.\n')
    const history = await run({}, 'streams', 'show', '$parking-things.1', '--json')
    const done = history.stdout.split('\n').filter((line) => line.includes('$callerId'))
    expect(
      done.map((line) => JSON.parse(line)).map(({ type, metadata }) => [type, metadata.$callerId]),
    ).toEqual([
      ['EventDiscarded', 'ann'],
      ['EventEdited', 'bea'],
    ])
  })

  it('refuses data that is no JSON, and projections that are not there, with exit code 2', async () => {
    const run = await shelves(['1', 'broken'])
    for (const argv of [
      ['edit', 'things', 'shelf-1', '--data-json', '{'],
      ['edit', 'things', 'shelf-1'],
      ['parked', 'thongs'],
    ])
      expect((await run({}, 'consumers', ...argv)).code).toBe(2)
  })
})

describe('annals rebuild --compare', () => {
  it('shows which rows differ and changes nothing, and with --switch takes the new ones after that', async () => {
    const run = await shelves(['1', 'tea'], ['1', 'tea'], ['2', 'rice'], ['3', 'broken'])
    await run({}, 'consumers', 'parked', 'things')
    const newer = { version: 2, weight: 5, fails: false }
    for (let time = 0; time < 2; time++) {
      const { code, stdout } = await run(newer, 'rebuild', 'things', '--compare')
      expect(code).toBe(0)
      expect(stdout).toMatch(
        /^things: 1 added, 0 removed, 1 changed\n {2}\+ \{"thing":"broken","weight":1\}\n {2}~ \{"thing":"tea","weight":2\} → \{"thing":"tea","weight":10\}\nMade things anew up to position \d+ in .*, and left the one there is in its place\.\n$/,
      )
    }
    const switched = await run(newer, 'rebuild', 'things', '--compare', '--switch', '--json')
    expect(JSON.parse(switched.stdout)).toMatchObject({
      switched: true,
      differences: [{ table: 'things', added: 1, removed: 0, changed: 1 }],
    })
    expect((await run(newer, 'rebuild', 'things', '--compare')).stdout).toContain('No row differs.')
  })

  it('cannot tell of a read model in memory, and --switch needs it', async () => {
    const run = await shelves(['1', 'tea'])
    expect((await run({}, 'rebuild', 'things', '--switch')).code).toBe(2)
    const shop = join(import.meta.dirname, 'shop-app.ts')
    const directory = await temporary()
    await annals(['execute', 'AddThing', 'basket-1', 'thing=tea', '--app', shop, '--data', directory])
    const refused = await annals(['rebuild', 'sold', '--compare', '--app', shop, '--data', directory])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain('"memory"')
  })
})
