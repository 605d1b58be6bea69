import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createServer, httpErrorCatalogue, httpStatus } from '../src/index.ts'
import { findingNames } from '../src/insight-routes.ts'
import { routes } from '../src/server.ts'
import { call } from './call.ts'
import { roomApp } from './room.ts'

const reference = await readFile(new URL('../../../docs/reference/http.md', import.meta.url), 'utf8')

/** The text under a heading, up to the next one of the same level. */
function section(heading: string): string {
  const [, text] = reference.split(`\n## ${heading}\n`)
  return text?.split('\n## ')[0] ?? ''
}

function rows(text: string): string[][] {
  return [...text.matchAll(/^\| (`.*) \|$/gm)].map(([, row = '']) =>
    row.split(' | ').map((cell) => cell.replaceAll('`', '')),
  )
}

test('the reference has every route, in its list and as a section of its own, and no other', () => {
  const expected = routes.map(({ method, path }) => `${method} ${path}`)
  const listed = [...reference.matchAll(/^\| \[`(.+?)`\]/gm)].map(([, route]) => route)
  const sections = [...reference.matchAll(/^## ((?:GET|POST|PUT|DELETE) .*)$/gm)].map(([, route]) => route)
  expect(listed).toEqual(expected)
  expect(sections).toEqual(expected)
})

test('the reference has every parameter that a route knows, and no other', async () => {
  const server = createServer(roomApp())
  for (const { method, path } of routes) {
    const target = path
      .replace('{command}', path.includes('{stream}') ? 'OpenRoom' : 'LendKey')
      .replace('{query}', 'Plain')
      .replace('{stream}', 'room-1')
      .replace('{consumer}', 'visits')
      .replace('{key}', 'room-1')
      .replace('{id}', 'soon')
      .replace('{finding}', 'map')
      .replace('{case}', 'room-1')
    // A query of an open input takes any parameter, so one with an input of its own is asked.
    const asked = target.replace('Plain', 'WhoSits')
    const { body } = await call(server, `${method} ${asked}?none=1`, method === 'POST' ? {} : undefined)
    expect(body.code).toBe('invalid-parameter')
    const known = (body.details.known as string[]).filter((name) => name !== 'room')
    const heading = `${method} ${path}`
    const documented =
      heading === 'POST /queries/{query}'
        ? rows(section('GET /queries/{query}'))
            .map(([name]) => name)
            .filter((name) => name !== 'input')
        : rows(section(heading).split('\n| status')[0] ?? '')
            .map(([name]) => name)
            .filter((name) => name !== 'event' && name !== 'caught-up' && name !== 'problem')
    expect([...documented].sort(), heading).toEqual([...known].sort())
  }
})

test('the reference has every finding, and no other', () => {
  const [, table = ''] = section('GET /insight/{finding}').split('| what is told | findings |')
  const listed = table
    .split('\n\n')[0]
    ?.split('\n')
    .flatMap((row) => [...row.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name))
  expect(listed?.toSorted()).toEqual([...findingNames].sort())
})

test('the reference has every code with its status, and no other', () => {
  const documented = rows(section('Problems')).map(([code, status]) => [code, Number(status)])
  expect(documented).toEqual([
    ...Object.entries(httpStatus),
    ...Object.entries(httpErrorCatalogue).map(([code, { status }]) => [code, status]),
  ])
  for (const [code, { meaning }] of Object.entries(httpErrorCatalogue))
    expect(reference).toContain(
      `| \`${code}\` | ${httpErrorCatalogue[code as 'broken-json'].status} | ${meaning} |`,
    )
})

test('a status in the reference is that of each code beside it', () => {
  const statuses = {
    ...httpStatus,
    ...Object.fromEntries(Object.entries(httpErrorCatalogue).map(([code, { status }]) => [code, status])),
  } as Record<string, number>
  let checked = 0
  for (const [, status, text = ''] of reference.matchAll(/^\| (\d{3}) \| (.*) \|$/gm))
    for (const [, code = ''] of text.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g))
      if (code in statuses) {
        expect(statuses[code], code).toBe(Number(status))
        checked++
      }
  expect(checked).toBeGreaterThan(20)
})

test('every request of the reference answers, in the order in which they are written', async () => {
  const server = createServer(roomApp(), { insight: {} })
  await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 })
  const commands = [
    ...reference.matchAll(
      /^curl (?:-N -H '(accept): ([^']+)' )?'?http:\/\/127\.0\.0\.1:3000([^'\s]+)'?(?: --json '([^']*)')?$/gm,
    ),
  ]
  expect(commands).toHaveLength([...reference.matchAll(/^curl /gm)].length)
  for (const [, header, value, target, body] of commands) {
    const request = new Request(`http://localhost${target}`, {
      headers: {
        ...(header && { [header]: value ?? '' }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { method: 'POST', body }),
    })
    const response = await server.fetch(request)
    expect(response.status, target).toBe(200)
    await response.body?.cancel()
  }
})
