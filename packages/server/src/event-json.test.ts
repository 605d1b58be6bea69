import { createMemoryStore } from '@annals/core'
import { expect, test } from 'vitest'
import { eventJson, eventsJson } from './event-json.ts'

test('the text of an event is what its JSON says, whatever is in it', async () => {
  const store = createMemoryStore()
  const strange = '"\\ \u2028 \ud83d\ude00 é </script>'
  const { events } = await store.append({
    stream: `note-${strange}`,
    events: [
      {
        type: `Noted ${strange}`,
        data: { [strange]: [strange, 1.5, null] },
        metadata: { by: strange },
        tags: [strange],
      },
      { type: 'Noted', data: undefined },
    ],
  })
  for (const event of events) expect(eventJson(event)).toBe(JSON.stringify(event))
  expect(eventsJson(events)).toBe(JSON.stringify(events))
})
