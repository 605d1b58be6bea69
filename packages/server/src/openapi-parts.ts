import type { JsonSchema } from '@annals/core'
import { errorCatalogue } from '@annals/core'
import { httpErrorCatalogue } from './http-error.ts'

/** A reference to a component of the description. */
export function ref(kind: 'schemas' | 'parameters' | 'responses', name: string): JsonSchema {
  return { $ref: `#/components/${kind}/${name}` }
}

/** Content of the type `application/json`. */
export function jsonContent(schema: JsonSchema): JsonSchema {
  return { 'application/json': { schema } }
}

/** A parameter behind the `?` of an address; an array is the parameter repeated. */
export function queryParameter(
  name: string,
  schema: JsonSchema,
  { required = false, description }: { readonly required?: boolean; readonly description?: string } = {},
): JsonSchema {
  return { name, in: 'query', required, ...(description && { description }), schema }
}

/** What every operation may answer instead. */
export const problemResponses: JsonSchema = { default: ref('responses', 'Problem') }

const wholeNumber = { type: 'integer', minimum: 0 }

/** Parameters that several operations share. */
export const sharedParameters: { readonly [name: string]: JsonSchema } = {
  'expected-revision': queryParameter(
    'expected-revision',
    { oneOf: [wholeNumber, { enum: ['no-stream', 'stream-exists', 'any'] }] },
    { description: 'Where the stream has to be; if it is elsewhere nothing is recorded.' },
  ),
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'Names the command, so that it may be sent again: it takes effect once.',
    schema: { type: 'string', minLength: 1, maxLength: 200 },
  },
  'X-Correlation-Id': {
    name: 'X-Correlation-Id',
    in: 'header',
    required: false,
    description: 'What the command is a part of; recorded with each event. Left out one is made.',
    schema: { type: 'string', minLength: 1, maxLength: 200 },
  },
  'as-of-revision': queryParameter('as-of-revision', wholeNumber, {
    description: 'Answers as of this revision of the stream that the query is about.',
  }),
  'as-of-position': queryParameter('as-of-position', wholeNumber, {
    description: 'Answers as of this position of the log.',
  }),
  'as-of-time': queryParameter(
    'as-of-time',
    { type: 'string', format: 'date-time' },
    {
      description: 'Answers as of this time, by the clock of the store.',
    },
  ),
  'wait-for': queryParameter('wait-for', wholeNumber, {
    description:
      'Answers only when the read model has seen this position, such as one that a command answered with.',
  }),
  'timeout-ms': queryParameter(
    'timeout-ms',
    { ...wholeNumber, maximum: 60_000, default: 5_000 },
    {
      description: 'How long to wait for that.',
    },
  ),
  stream: {
    name: 'stream',
    in: 'path',
    required: true,
    schema: { type: 'string', minLength: 1, maxLength: 500 },
  },
}

/** Schemas that several operations share. */
export const sharedSchemas: { readonly [name: string]: JsonSchema } = {
  RecordedEvent: {
    type: 'object',
    required: ['position', 'stream', 'revision', 'type', 'data', 'tags', 'id', 'recordedAt'],
    properties: {
      position: { type: 'integer', description: 'Its place in the whole log.' },
      stream: { type: 'string' },
      revision: { type: 'integer', description: 'Its place in its stream, from 0.' },
      type: { type: 'string' },
      data: {},
      metadata: { type: 'object' },
      tags: { type: 'array', items: { type: 'string' } },
      id: { type: 'string' },
      recordedAt: { type: 'string', format: 'date-time' },
    },
  },
  NewEvent: {
    type: 'object',
    required: ['type'],
    properties: {
      type: { type: 'string', minLength: 1, maxLength: 200 },
      data: { description: 'Left out it is recorded as null.' },
      metadata: { type: 'object' },
      tags: { type: 'array', maxItems: 64, items: { type: 'string' } },
      id: { type: 'string', description: 'Makes the append repeatable. Left out the store makes one.' },
    },
  },
  StreamInfo: {
    type: 'object',
    required: ['stream', 'category', 'revision', 'firstRevision', 'tombstoned'],
    properties: {
      stream: { type: 'string' },
      category: { type: 'string' },
      revision: { type: 'integer', description: 'The revision of its last event.' },
      firstRevision: {
        type: 'integer',
        description: 'The revision of its first event that can still be read.',
      },
      tombstoned: { type: 'boolean', description: 'Whether it has been ended for ever.' },
      retention: { type: 'object', description: 'How long its events are kept.' },
    },
  },
  ConsumerStatus: {
    type: 'object',
    required: [
      'name',
      'kind',
      'version',
      'state',
      'position',
      'lagEvents',
      'lagSeconds',
      'eventsPerSecond',
      'parkedKeys',
      'error',
    ],
    properties: {
      name: { type: 'string' },
      kind: { enum: ['projection', 'process-manager', 'schedule', 'outbox', 'consumer-group'] },
      version: { type: 'integer' },
      state: { enum: ['starting', 'catching-up', 'live', 'paused', 'failed', 'stopped'] },
      position: { type: 'integer', description: 'Everything up to here is handled, or held back.' },
      lagEvents: { type: 'integer', description: 'How many positions the log has beyond that.' },
      lagSeconds: {
        type: 'number',
        description: 'How long ago the first event was recorded that is still to be handled.',
      },
      eventsPerSecond: { type: 'number', description: 'Handled a second, over the last ten.' },
      parkedKeys: { type: 'integer' },
      error: {
        type: ['object', 'null'],
        properties: { code: { type: ['string', 'null'] }, message: { type: 'string' } },
      },
      rebuild: {
        type: 'object',
        description: 'How far the read model is that is being made beside the one in use, in positions.',
        properties: {
          done: { type: 'integer' },
          total: { type: 'integer' },
          perSecond: { type: 'number' },
          secondsLeft: { type: ['number', 'null'] },
        },
      },
      group: {
        type: 'object',
        description: 'Of a consumer group: how the keys are shared.',
        properties: {
          partitions: { type: 'integer', description: 'Into how many parts the keys are divided.' },
          held: { type: 'array', items: { type: 'integer' }, description: 'Those that this server has.' },
          workers: { type: 'integer', description: 'How many there are, this server included if it is one.' },
        },
      },
    },
  },
  Parked: {
    type: 'object',
    required: ['parked'],
    properties: {
      parked: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            key: { type: 'string' },
            position: { type: 'integer', description: 'That of the event that could not be handled.' },
            stream: { type: 'string' },
            revision: { type: 'integer' },
            eventId: { type: 'string' },
            type: { type: 'string' },
            error: { type: 'string', description: 'What its handler said.' },
            attempts: { type: 'integer' },
            parkedAt: { type: 'string', format: 'date-time' },
            state: { enum: ['parked', 'retrying'] },
          },
        },
      },
    },
  },
  Next: {
    type: ['string', 'null'],
    description: 'The address of the next page; null if this is the last one for now.',
  },
  Problem: {
    type: 'object',
    required: ['type', 'title', 'status', 'detail', 'code', 'retryable'],
    properties: {
      type: { type: 'string', format: 'uri' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      code: {
        type: 'string',
        examples: [...Object.keys(errorCatalogue), ...Object.keys(httpErrorCatalogue)],
      },
      retryable: { type: 'boolean' },
      details: {},
    },
  },
  Rejection: {
    allOf: [
      ref('schemas', 'Problem'),
      {
        type: 'object',
        required: ['accepted', 'stream'],
        properties: { accepted: { const: false }, stream: { type: 'string' } },
      },
    ],
  },
}

/** Responses that several operations share. */
export const sharedResponses: { readonly [name: string]: JsonSchema } = {
  Problem: {
    description: 'It could not be done; `code` says why.',
    content: { 'application/problem+json': { schema: ref('schemas', 'Problem') } },
  },
}
