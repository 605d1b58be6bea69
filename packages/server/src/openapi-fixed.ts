import type { JsonSchema } from '@annals/core'
import { consumerPaths } from './openapi-consumers.ts'
import { insightPaths } from './openapi-insight.ts'
import { jsonContent, problemResponses, queryParameter, ref } from './openapi-parts.ts'
import { scheduledPaths } from './openapi-scheduled.ts'
import { pageLimitDefault, pageLimitMax } from './page.ts'

const limit = queryParameter(
  'limit',
  { type: 'integer', minimum: 1, maximum: pageLimitMax, default: pageLimitDefault },
  { description: 'The most that a page may have. Not with text/event-stream.' },
)
const wholeNumber = { type: 'integer', minimum: 0 }
const texts = { type: 'array', items: { type: 'string' } }
const events = { type: 'array', items: ref('schemas', 'RecordedEvent') }
const lastEventId = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  description: 'With text/event-stream: the position of the last event seen. Wins over after.',
  schema: wholeNumber,
}

function page(properties: JsonSchema): JsonSchema {
  return {
    type: 'object',
    required: Object.keys(properties),
    properties,
  }
}

function eventsOrStream(properties: JsonSchema): JsonSchema {
  return {
    '200': {
      description: 'A page, or with `accept: text/event-stream` the events as they are recorded.',
      content: {
        ...jsonContent(page({ ...properties, events, next: ref('schemas', 'Next') })),
        'text/event-stream': { schema: { type: 'string' } },
      },
    },
    ...problemResponses,
  }
}

/** The routes that every application has. */
export const fixedPaths: { readonly [path: string]: JsonSchema } = {
  '/streams': {
    get: {
      operationId: 'listStreams',
      tags: ['history'],
      summary: 'All streams, or those of one category, by name.',
      parameters: [
        queryParameter('category', { type: 'string' }),
        queryParameter(
          'after',
          { type: 'string' },
          { description: 'Only streams whose name comes after this one.' },
        ),
        limit,
      ],
      responses: {
        '200': {
          description: 'A page.',
          content: jsonContent(
            page({
              streams: { type: 'array', items: ref('schemas', 'StreamInfo') },
              next: ref('schemas', 'Next'),
            }),
          ),
        },
        ...problemResponses,
      },
    },
  },
  '/streams/{stream}': {
    get: {
      operationId: 'readStream',
      tags: ['history'],
      summary: 'The events of one stream.',
      parameters: [
        ref('parameters', 'stream'),
        queryParameter('from-revision', wholeNumber, {
          description: 'The revision to begin with, inclusive.',
        }),
        limit,
        queryParameter('direction', { enum: ['forwards', 'backwards'], default: 'forwards' }),
        lastEventId,
      ],
      responses: eventsOrStream({
        stream: { type: 'string' },
        revision: { type: 'integer' },
        firstRevision: { type: 'integer' },
        tombstoned: { type: 'boolean' },
      }),
    },
    post: {
      operationId: 'appendToStream',
      tags: ['history'],
      summary: 'Records events past the deciders.',
      parameters: [ref('parameters', 'stream'), ref('parameters', 'expected-revision')],
      requestBody: {
        required: true,
        content: jsonContent({
          type: 'object',
          required: ['events'],
          additionalProperties: false,
          properties: {
            events: { type: 'array', minItems: 1, items: ref('schemas', 'NewEvent') },
            condition: {
              type: 'object',
              required: ['failIfEventsMatch'],
              description: 'Nothing is recorded if there is an event that matches any of the items.',
              properties: {
                failIfEventsMatch: {
                  type: 'array',
                  minItems: 1,
                  items: { type: 'object', properties: { types: texts, tags: texts } },
                },
                after: { ...wholeNumber, description: 'Only events after this position count.' },
              },
            },
          },
        }),
      },
      responses: {
        '200': {
          description: 'What was recorded.',
          content: jsonContent(
            page({
              stream: { type: 'string' },
              revision: { type: 'integer' },
              position: { type: 'integer' },
              events,
            }),
          ),
        },
        ...problemResponses,
      },
    },
  },
  '/events': {
    get: {
      operationId: 'readEvents',
      tags: ['history'],
      summary: 'The events of all streams, in the order in which they were recorded.',
      parameters: [
        queryParameter('after', wholeNumber, { description: 'Only events after this position.' }),
        queryParameter(
          'category',
          { type: 'string' },
          { description: 'Only of this category. Not with types or tags.' },
        ),
        queryParameter('types', texts, { description: 'Only events of one of these types.' }),
        queryParameter('tags', texts, { description: 'Only events with all of these tags.' }),
        limit,
        lastEventId,
      ],
      responses: eventsOrStream({}),
    },
  },
  ...consumerPaths,
  ...scheduledPaths,
  ...insightPaths,
  '/openapi.json': {
    get: {
      operationId: 'describe',
      tags: ['server'],
      summary: 'This description.',
      responses: { '200': { description: 'OpenAPI 3.1.', content: jsonContent({ type: 'object' }) } },
    },
  },
  '/health': {
    get: {
      operationId: 'health',
      tags: ['server'],
      summary: 'Whether the store and every projection work.',
      responses: {
        '200': { description: 'They do.', content: jsonContent(health('ok')) },
        '503': { description: 'One of them does not.', content: jsonContent(health('failing')) },
      },
    },
  },
}

function health(status: 'ok' | 'failing'): JsonSchema {
  const error = page({ code: { type: 'string' }, message: { type: 'string' } })
  return {
    type: 'object',
    required: ['status', 'store', 'projections'],
    properties: {
      status: { const: status },
      store: { type: 'object', properties: { head: { type: 'integer' }, error } },
      projections: {
        type: 'array',
        items: {
          type: 'object',
          required: ['name', 'version', 'state', 'position'],
          properties: {
            name: { type: 'string' },
            version: { type: 'integer' },
            state: { enum: ['starting', 'catching-up', 'live', 'paused', 'failed', 'stopped'] },
            position: { type: 'integer' },
            error,
          },
        },
      },
      error,
    },
  }
}
