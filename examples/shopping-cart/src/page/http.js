/** @import { RecordedEventObject } from '@annals/core' */

/** What the server answers when it does not do what it was asked: an error, or a command that was refused. */
export class Problem extends Error {
  /**
   * @param {string} detail
   * @param {string} code
   */
  constructor(detail, code) {
    super(detail)
    this.code = code
  }
}

/**
 * Asks a query of the application.
 *
 * @template Answer
 * @param {string} name
 * @param {Record<string, string | number>} parameters
 * @returns {Promise<Answer>}
 */
export function ask(name, parameters = {}) {
  const search = new URLSearchParams(Object.entries(parameters).map(([key, value]) => [key, String(value)]))
  return get(`/queries/${name}?${search}`)
}

/**
 * Gives a command to a cart. Fails with a `Problem` if it is refused.
 *
 * @param {string} command
 * @param {string} cart
 * @param {object} input
 * @returns {Promise<{ revision: number, position: number }>}
 */
export function give(command, cart, input) {
  return answerOf(
    fetch(`/commands/${command}/${encodeURIComponent(cart)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    }),
  )
}

/**
 * The events of a stream from a revision on, all of them.
 *
 * @param {string} stream
 * @param {number} fromRevision
 * @returns {Promise<RecordedEventObject[]>}
 */
export async function eventsOf(stream, fromRevision) {
  const events = []
  /** @type {string | null} */
  let next = `/streams/${encodeURIComponent(stream)}?from-revision=${fromRevision}&limit=1000`
  while (next) {
    /** @type {{ events: RecordedEventObject[], next: string | null }} */
    const page = await get(next)
    events.push(...page.events)
    next = page.next
  }
  return events
}

/**
 * Tells of every event of every cart from now on, and of the connection coming and going. Connects again by itself, and then
 * goes on where it was cut off.
 *
 * @param {{ onEvent: (event: RecordedEventObject) => void, onConnected: (connected: boolean) => void }} listener
 */
export function follow({ onEvent, onConnected }) {
  let lastPosition = -1
  const connect = async () => {
    try {
      if (lastPosition < 0) lastPosition = (await get('/health')).store.head
    } catch {
      again()
      return
    }
    const source = new EventSource(`/events?category=cart&after=${lastPosition}`)
    source.addEventListener('caught-up', ({ lastEventId }) => {
      lastPosition = Number(lastEventId)
      onConnected(true)
    })
    source.addEventListener('event', ({ data, lastEventId }) => {
      lastPosition = Number(lastEventId)
      onEvent(JSON.parse(data))
    })
    source.addEventListener('error', () => {
      // The browser would connect again by itself, but gives up for good when the answer is an error.
      source.close()
      again()
    })
  }
  const again = () => {
    onConnected(false)
    setTimeout(connect, 1_000)
  }
  connect()
}

/** @param {string} path */
export function get(path) {
  return answerOf(fetch(path))
}

/** @param {Promise<Response>} asked */
async function answerOf(asked) {
  let response
  try {
    response = await asked
  } catch {
    throw new Problem(
      'The shop cannot be reached just now. Nothing is lost; try again in a moment.',
      'unreachable',
    )
  }
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  const answer = isJson ? await response.json() : undefined
  if (response.ok) return answer
  // What is wrong with an input is said field by field; the names of fields and commands are nothing to shoppers.
  const issues = answer?.code === 'invalid-input' && answer.details?.issues
  const detail = issues
    ? issues.map((/** @type {{ message: string }} */ { message }) => message).join(' ')
    : (answer?.detail ?? `The shop answered ${response.status}.`)
  throw new Problem(detail, answer?.code ?? 'unknown')
}
