import type { JsonSchema } from '@annals/core'
import { jsonContent, problemResponses, ref } from './openapi-parts.ts'

const consumer = pathParameter(
  'consumer',
  'The name of a projection, process manager, outbox or consumer group.',
)
const key = pathParameter('key', 'A key that is parked.')

/** The routes by which what follows the log is looked at and controlled. */
export const consumerPaths: { readonly [path: string]: JsonSchema } = {
  '/consumers': {
    get: {
      operationId: 'listConsumers',
      tags: ['consumers'],
      summary: 'How everything that follows the log is doing.',
      responses: {
        '200': {
          description: 'All of them.',
          content: jsonContent({
            type: 'object',
            required: ['consumers'],
            properties: { consumers: { type: 'array', items: ref('schemas', 'ConsumerStatus') } },
          }),
        },
        ...problemResponses,
      },
    },
  },
  '/consumers/{consumer}': {
    get: {
      operationId: 'showConsumer',
      tags: ['consumers'],
      summary: 'How one of them is doing.',
      parameters: [consumer],
      responses: answers('200', ref('schemas', 'ConsumerStatus')),
    },
  },
  ...control('pause', 'Takes no more events.'),
  ...control('resume', 'Goes on where it was.'),
  ...control('reset', 'Begins again from the start of the log.'),
  ...control('rebuild', 'Begins to make the read model of a projection anew, beside the one in use.', '202'),
  '/consumers/{consumer}/parked': {
    get: {
      operationId: 'listParked',
      tags: ['consumers'],
      summary: 'The keys that are parked, each with the event that could not be handled.',
      parameters: [consumer],
      responses: answers('200', ref('schemas', 'Parked')),
    },
  },
  ...act('retry', 'Handles the parked event and those behind it again.'),
  ...act('edit', 'Handles the parked event with other data, and then those behind it.', {
    required: true,
    content: jsonContent({ type: 'object', required: ['data'], properties: { data: {} } }),
  }),
  ...act('discard', 'Passes over the parked event for ever, and handles those behind it.'),
}

function pathParameter(name: string, description: string): JsonSchema {
  return { name, in: 'path', required: true, description, schema: { type: 'string' } }
}

function answers(status: string, schema: JsonSchema): JsonSchema {
  return { [status]: { description: 'How it is then.', content: jsonContent(schema) }, ...problemResponses }
}

function control(name: string, summary: string, status = '200'): { readonly [path: string]: JsonSchema } {
  return {
    [`/consumers/{consumer}/${name}`]: {
      post: {
        operationId: `${name}Consumer`,
        tags: ['consumers'],
        summary,
        parameters: [consumer],
        responses: answers(status, ref('schemas', 'ConsumerStatus')),
      },
    },
  }
}

function act(
  name: string,
  summary: string,
  requestBody?: JsonSchema,
): { readonly [path: string]: JsonSchema } {
  return {
    [`/consumers/{consumer}/parked/{key}/${name}`]: {
      post: {
        operationId: `${name}Parked`,
        tags: ['consumers'],
        summary,
        parameters: [consumer, key],
        ...(requestBody && { requestBody }),
        responses: answers('200', ref('schemas', 'Parked')),
      },
    },
  }
}
