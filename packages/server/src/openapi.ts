import {
  type AnyCommand,
  type Command,
  type Decider,
  type Definitions,
  type JsonSchema,
  jsonSchemaOf,
  type Query,
} from '@annals/core'
import { isPlain, reservedParameters } from './input-parameters.ts'
import type { InputSchemas } from './input-schema.ts'
import { fixedPaths } from './openapi-fixed.ts'
import {
  jsonContent,
  problemResponses,
  queryParameter,
  ref,
  sharedParameters,
  sharedResponses,
} from './openapi-parts.ts'
import { OpenApiSchemas } from './openapi-schemas.ts'
import { jsonResponse, type ServerRoute } from './route.ts'

/** How the server describes itself. */
export const openApiRoute: ServerRoute = {
  method: 'GET',
  path: '/openapi.json',
  isForCallers: true,
  isOfServer: true,
  async handle({ served, parameters, title, version, inputSchemas }) {
    parameters.assertAllKnown()
    return jsonResponse(JSON.stringify(openApi({ definitions: served, title, version, inputSchemas })))
  },
}

/** The description of an application's routes, OpenAPI 3.1, made from its definitions. */
export function openApi({
  definitions,
  title,
  version,
  inputSchemas,
}: {
  readonly definitions: Definitions
  readonly title: string
  readonly version: string
  readonly inputSchemas: InputSchemas
}): JsonSchema {
  const schemas = new OpenApiSchemas()
  const paths: Record<string, JsonSchema> = {}
  for (const decider of definitions.deciders) {
    const events = eventsOf({ owner: decider.category, events: decider.events }, schemas)
    for (const command of Object.values(decider.commands))
      paths[`/commands/${encodeURIComponent(command.name)}/{stream}`] = {
        post: commandOperation(
          { command, ...decider, tag: decider.category, on: onStream(command) },
          events,
          schemas,
        ),
      }
  }
  for (const command of definitions.commands.values()) {
    if (command.kind === 'command') continue
    const { name, rejections } = command
    const events = eventsOf({ owner: name, events: command.events }, schemas)
    paths[`/commands/${encodeURIComponent(name)}`] = {
      post: commandOperation({ command, rejections, tag: 'decisions', on: onModel }, events, schemas),
    }
  }
  for (const query of definitions.queries.values())
    paths[`/queries/${encodeURIComponent(query.name)}`] = queryOperations(query, schemas, inputSchemas)
  return {
    openapi: '3.1.0',
    info: { title, version },
    paths: { ...paths, ...fixedPaths },
    components: { schemas: schemas.all(), parameters: sharedParameters, responses: sharedResponses },
  }
}

/** What a command is executed on, in words, and the parameter that names it. */
interface Target {
  readonly description: string
  readonly parameters: readonly JsonSchema[]
}

function onStream({ category, requires }: Command): Target {
  const needs = {
    'stream-exists': 'The stream has to exist.',
    'no-stream': 'The stream may not exist yet.',
    any: 'The stream may exist or not.',
  }
  const stream = {
    name: 'stream',
    in: 'path',
    required: true,
    description: `A stream of the category ${category}.`,
    schema: { type: 'string' },
    example: `${category}-1`,
  }
  return { description: needs[requires], parameters: [stream] }
}

const onModel: Target = {
  description: 'Decided on events of many streams; it chooses by itself in which one it records.',
  parameters: [],
}

function commandOperation(
  {
    command,
    rejections,
    tag,
    on,
  }: {
    readonly command: AnyCommand
    readonly rejections: Decider['rejections']
    readonly tag: string
    readonly on: Target
  },
  events: JsonSchema,
  schemas: OpenApiSchemas,
): JsonSchema {
  const { name, description } = command
  return {
    operationId: `execute${name}`,
    tags: [tag],
    summary: description ?? name,
    description: on.description,
    parameters: [
      ...on.parameters,
      ref('parameters', 'expected-revision'),
      ref('parameters', 'Idempotency-Key'),
      ref('parameters', 'X-Correlation-Id'),
    ],
    requestBody: {
      required: true,
      content: jsonContent(schemas.add(`${name}Input`, jsonSchemaOf(command.input, 'input'))),
    },
    responses: {
      '200': {
        description: 'Accepted: what was recorded, or no events if nothing had to change.',
        headers: { 'X-Correlation-Id': { schema: { type: 'string' } } },
        content: jsonContent({
          type: 'object',
          required: ['accepted', 'stream', 'revision', 'position', 'events'],
          properties: {
            accepted: { const: true },
            stream: { type: 'string' },
            revision: { type: 'integer', description: '-1 if the stream still does not exist.' },
            position: { type: 'integer' },
            events: { type: 'array', items: events },
          },
        }),
      },
      ...rejected(rejections),
      ...problemResponses,
    },
  }
}

function rejected(rejections: Decider['rejections']): JsonSchema {
  const codes = Object.entries(rejections)
  if (codes.length === 0) return {}
  return {
    '422': {
      description: `Rejected; nothing was recorded. ${codes.map(([code, sentence]) => `\`${code}\`: ${sentence}`).join(' ')}`,
      content: {
        'application/problem+json': {
          schema: {
            allOf: [
              ref('schemas', 'Rejection'),
              { type: 'object', properties: { code: { enum: codes.map(([code]) => code) } } },
            ],
          },
        },
      },
    },
  }
}

/** The schema of an event of one owner: any of its types, each with its data. */
function eventsOf(
  { owner, events }: { readonly owner: string; readonly events: Decider['events'] },
  schemas: OpenApiSchemas,
): JsonSchema {
  const alternatives = Object.entries(events).map(([type, schema]) => ({
    type: 'object',
    properties: {
      type: { const: type },
      data: schemas.add(`${owner}.${type}`, jsonSchemaOf(schema, 'output')),
    },
  }))
  return { allOf: [ref('schemas', 'RecordedEvent'), { oneOf: alternatives }] }
}

function queryOperations(query: Query, schemas: OpenApiSchemas, inputSchemas: InputSchemas): JsonSchema {
  const { name, description } = query
  const live = query.kind === 'live-query'
  const controls = (
    live ? ['as-of-revision', 'as-of-position', 'as-of-time'] : ['wait-for', 'timeout-ms']
  ).map((parameter) => ref('parameters', parameter))
  const input = schemas.add(`${name}Input`, jsonSchemaOf(query.input, 'input'))
  const shared = {
    tags: ['queries'],
    summary: description ?? name,
    description: live
      ? 'Answered by replaying events, for now or for a moment of the past.'
      : `Answered from the read model ${query.projection.name}.`,
  }
  const answer = jsonContent({})
  return {
    get: {
      operationId: `ask${name}`,
      ...shared,
      responses: {
        '200': {
          description:
            'The answer, or with `accept: text/event-stream` the answer and each one that differs from the one before.',
          content: { ...answer, 'text/event-stream': { schema: { type: 'string' } } },
        },
        ...problemResponses,
      },
      parameters: [...inputParameters(query, input, schemas, inputSchemas), ...controls],
    },
    post: {
      operationId: `ask${name}WithBody`,
      ...shared,
      responses: { '200': { description: 'The answer.', content: answer }, ...problemResponses },
      parameters: controls,
      requestBody: { required: true, content: jsonContent(input) },
    },
  }
}

function inputParameters(
  query: Query,
  input: JsonSchema,
  schemas: OpenApiSchemas,
  inputSchemas: InputSchemas,
): JsonSchema[] {
  const { named, required } = inputSchemas.fieldsOf(query.input)
  const parameters: JsonSchema[] = []
  for (const [name, { kinds, itemKinds, schema }] of named) {
    if (!isPlain(kinds.has('array') ? itemKinds : kinds) || reservedParameters.has(name)) continue
    // Its references are to the input that it is a part of.
    const part = schemas.inside(`${query.name}Input`, schema)
    parameters.push(queryParameter(name, part, { required: required.has(name) }))
  }
  parameters.push({
    name: 'input',
    in: 'query',
    required: false,
    description: 'Fields that no other parameter gives, as one JSON object.',
    content: jsonContent(parameters.length > 0 ? {} : input),
  })
  return parameters
}
