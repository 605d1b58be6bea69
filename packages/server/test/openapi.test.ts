import { createApp, createMemoryStore, defineDecider } from '@annals/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createServer } from '../src/index.ts'
import { routes } from '../src/server.ts'
import { call } from './call.ts'
import { Room, roomApp } from './room.ts'

type Json = { readonly [name: string]: Json } & (readonly Json[] | object)

async function description(app = roomApp()): Promise<Json> {
  const { body, status } = await call(
    createServer(app, { title: 'Rooms', version: '1.2.3' }),
    'GET /openapi.json',
  )
  expect(status).toBe(200)
  return body
}

function* values(value: unknown, path: string): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return
  yield [path, value as Record<string, unknown>]
  for (const [name, each] of Object.entries(value)) yield* values(each, `${path}/${name}`)
}

function resolve(document: unknown, reference: string): unknown {
  let at = document
  for (const part of reference.split('/').slice(1))
    at = (at as Record<string, unknown> | undefined)?.[decodeURIComponent(part).replaceAll('~1', '/')]
  return at
}

test('the description is OpenAPI 3.1 and names the application', async () => {
  expect(await description()).toMatchObject({ openapi: '3.1.0', info: { title: 'Rooms', version: '1.2.3' } })
})

test('every reference in it leads somewhere, those of recursive inputs too', async () => {
  const document = await description()
  const references = [...values(document, '#')].flatMap(([path, { $ref }]) =>
    typeof $ref === 'string' ? [[path, $ref]] : [],
  )
  expect(references.length).toBeGreaterThan(30)
  for (const [path, reference] of references as [string, string][])
    expect(resolve(document, reference), `${path} → ${reference}`).toBeDefined()
  expect(references.some(([, reference]) => reference?.includes('FormsInput/'))).toBe(true)
})

test('every command and query of the application and every other route is there, and nothing else', async () => {
  const app = roomApp()
  const { paths } = (await description(app)) as { paths: Record<string, object> }
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const expected = routes.flatMap(({ method, path }) => {
    if (path.includes('{command}')) {
      const kind = path.includes('{stream}') ? 'command' : 'decision-command'
      return [...app.commands.values()]
        .filter((command) => command.kind === kind)
        .map(({ name }) => `${method} ${path.replace('{command}', name)}`)
    }
    if (path.includes('{query}'))
      return [...app.queries.keys()].map((name) => `${method} ${path.replace('{query}', name)}`)
    return [`${method} ${path}`]
  })
  expect(described.sort()).toEqual(expected.sort())
})

test('every variable part of a path is a parameter, and no two operations have the same id', async () => {
  const document = await description()
  const ids: unknown[] = []
  for (const [path, item] of Object.entries(
    document.paths as unknown as Record<string, Record<string, Json>>,
  )) {
    for (const operation of Object.values(item)) {
      const parameters = ((operation.parameters ?? []) as unknown as Record<string, string>[]).map(
        (parameter) =>
          parameter.$ref ? (resolve(document, parameter.$ref) as Record<string, string>) : parameter,
      )
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`)
      expect(inPath).toEqual(path.match(/\{\w+\}/g) ?? [])
      const names = parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
      expect(new Set(names).size).toBe(names.length)
      for (const parameter of parameters)
        expect(Boolean(parameter.schema) !== Boolean(parameter.content)).toBe(true)
      expect(operation.responses).toBeDefined()
      ids.push(operation.operationId)
    }
  }
  expect(new Set(ids).size).toBe(ids.length)
})

test('a command is described with its input, its rejections and its events', async () => {
  const document = await description()
  const operation = resolve(document, '#/paths/~1commands~1TakeSeat~1{stream}/post') as Record<string, Json>
  expect(operation.summary).toBe('Takes a seat for a person.')
  expect(resolve(document, '#/components/schemas/TakeSeatInput')).toMatchObject({
    type: 'object',
    properties: { by: { type: 'string', minLength: 1 } },
    required: ['by'],
  })
  expect(JSON.stringify(operation.requestBody)).toContain('#/components/schemas/TakeSeatInput')
  const rejection = JSON.stringify(operation.responses?.['422'])
  for (const [code, sentence] of Object.entries(Room.rejections)) {
    expect(rejection).toContain(code)
    expect(rejection).toContain(sentence)
  }
  for (const type of Object.keys(Room.events))
    expect(JSON.stringify(operation.responses?.['200'])).toContain(`#/components/schemas/room.${type}`)
})

test('a query is described with a parameter for each field that has such a form', async () => {
  const document = await description()
  const { get, post } = resolve(document, '#/paths/~1queries~1Forms') as {
    get: { parameters: { name?: string; required?: boolean; schema?: object }[] }
    post: object
  }
  const fields = get.parameters.filter(({ name }) => name !== undefined && name !== 'input')
  expect(fields.map(({ name }) => name)).toEqual([
    'text',
    'count',
    'open',
    'names',
    'sizes',
    'size',
    'nothing',
    'seat',
    'label',
  ])
  expect(fields.find(({ name }) => name === 'sizes')?.schema).toEqual({
    type: 'array',
    items: { type: 'number' },
  })
  expect(JSON.stringify(post)).toContain('#/components/schemas/FormsInput')
  const who = resolve(document, '#/paths/~1queries~1WhoSits/get') as { parameters: object[] }
  expect(who.parameters[0]).toMatchObject({ name: 'room', in: 'query', required: true })
})

test('a name that OpenAPI has no room for is described all the same', async () => {
  const Odd = defineDecider({
    category: 'odd',
    events: { 'Größe geändert': z.object({}) },
    initialState: () => 0,
    evolve: { 'Größe geändert': (count) => count },
    commands: {
      'Ändere Größe': {
        requires: 'any',
        input: z.object({}),
        decide: () => ({ type: 'Größe geändert', data: {} }),
      },
      Ändere_Größe: { requires: 'any', input: z.object({ a: z.string() }), decide: () => [] },
      Problem: { requires: 'any', input: z.object({}), decide: () => [] },
    },
  })
  const app = createApp({ store: createMemoryStore(), modules: [Odd] })
  const document = await description(app)
  const schemas = document.components?.schemas as unknown as Record<string, object>
  for (const name of Object.keys(schemas)) expect(name).toMatch(/^[A-Za-z0-9._-]+$/)
  const server = createServer(app)
  for (const [path, item] of Object.entries(document.paths as unknown as Record<string, object>)) {
    if (!path.startsWith('/commands/') || !('post' in item)) continue
    const input = path.includes('_') ? { a: 'x' } : {}
    expect((await call(server, `POST ${path.replace('{stream}', 'odd-1')}`, input)).status).toBe(200)
    const [reference] = [...values(item, '')].flatMap(([at, { $ref }]) =>
      (at.includes('requestBody') ? [$ref] : []).filter(Boolean),
    )
    const schema = resolve(document, String(reference)) as { properties: object }
    expect(Object.keys(schema.properties)).toEqual(Object.keys(input))
  }
})

test('each operation that is described really answers', async () => {
  const app = roomApp()
  const server = createServer(app, { insight: {} })
  const document = await description(app)
  const inputs: Record<string, object> = {
    OpenRoom: { seats: 2 },
    TakeSeat: { by: 'Ada' },
    GiveBack: { by: 'Ada' },
    GiveAllBack: {},
    LendKey: { key: 'k1', to: 'Ada' },
    WhoSits: { room: 'room-1' },
    VisitsOf: { person: 'Ada' },
    Forms: {},
    Open: {},
    Plain: {},
    '/streams/{stream}': { events: [{ type: 'Noted' }] },
    '/consumers/{consumer}/parked/{key}/edit': { data: {} },
  }
  for (const [path, item] of Object.entries(document.paths as unknown as Record<string, object>)) {
    for (const method of Object.keys(item)) {
      const name = path.split('/')[2] ?? ''
      const input = inputs[path] ?? inputs[name]
      const stream = path.startsWith('/commands/') ? 'room-1' : method === 'post' ? 'note-1' : 'room-1'
      const search =
        path.startsWith('/queries/') && method === 'get' ? `?${new URLSearchParams(input as never)}` : ''
      const named = path
        .replace('{stream}', stream)
        .replace('{consumer}', 'visits')
        .replace('{key}', 'room-1')
        .replace('{finding}', 'map')
        .replace('{case}', 'room-1')
      const target = `${named}${search}`
      const answered = await call(
        server,
        `${method.toUpperCase()} ${target}`,
        method === 'post' ? input : undefined,
      )
      const [described] = Object.keys(
        (item as Record<string, { responses: object }>)[method]?.responses ?? {},
      )
      // Nothing of the healthy consumer is parked, and nothing is scheduled.
      const isNotThere = path.includes('{key}') || path.includes('{id}')
      const expected = isNotThere ? 404 : Number(described)
      expect(answered.status, `${method} ${target}: ${answered.text}`).toBe(expected)
      if (isNotThere) expect(answered.body.code).toMatch(/^(?:key-not-parked|schedule-not-found)$/)
    }
  }
})
