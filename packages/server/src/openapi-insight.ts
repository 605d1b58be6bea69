import type { JsonSchema } from '@annals/core'
import { findingNames } from './insight-routes.ts'
import { jsonContent, problemResponses, queryParameter } from './openapi-parts.ts'

/** The routes by which the history tells of itself. */
export const insightPaths: { readonly [path: string]: JsonSchema } = {
  '/insight/{finding}': {
    get: {
      operationId: 'showFinding',
      tags: ['insight'],
      summary: 'What the history shows of itself, as far as it has been read.',
      parameters: [
        {
          name: 'finding',
          in: 'path',
          required: true,
          description: 'Which finding.',
          schema: { enum: findingNames },
        },
        queryParameter(
          'limit',
          { type: 'integer', minimum: 1, maximum: 10_000, default: 100 },
          { description: 'How many of a list, at most.' },
        ),
      ],
      responses: found({}),
    },
  },
  '/insight/predictions/{case}': {
    get: {
      operationId: 'predictCase',
      tags: ['insight'],
      summary: 'What will probably become of an open case.',
      parameters: [
        {
          name: 'case',
          in: 'path',
          required: true,
          description: 'The name of an open case; of a stream, unless cases are told otherwise.',
          schema: { type: 'string' },
        },
      ],
      responses: found({ type: ['object', 'null'] }),
    },
  },
}

function found(schema: JsonSchema): JsonSchema {
  return {
    '200': {
      description: 'What is found, or with `accept: text/event-stream` that and each one that differs.',
      content: {
        ...jsonContent({
          type: 'object',
          required: ['position', 'isCaughtUp', 'found'],
          properties: {
            position: { type: 'integer', description: 'The log has been read up to here.' },
            isCaughtUp: { type: 'boolean', description: 'Whether that was all there was.' },
            found: schema,
            total: { type: 'integer', description: 'Of a list: how many there are in all.' },
          },
        }),
        'text/event-stream': { schema: { type: 'string' } },
      },
    },
    ...problemResponses,
  }
}
