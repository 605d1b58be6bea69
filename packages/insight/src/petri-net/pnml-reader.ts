import { SaxesParser } from 'saxes'
import { quoted, unreadable } from '../formats/unreadable.ts'
import type { PetriNet } from './petri-net.ts'

/**
 * The Petri net of a PNML file, with the names of its transitions as activities. Silent are transitions without a name, and
 * those that their tool marks as invisible (`$invisible$`). The end is its final marking; of a file without one, the places
 * that nothing leads out of. Pages are taken together; what is drawn, and where, is passed over.
 *
 * Source: ISO/IEC 15909-2, with the final markings and invisible transitions of the ProM framework.
 *
 * @throws AnnalsError `invalid-input` for what is no PNML, has several nets, arcs that count more than one token, several
 *   final markings, or arcs that lead nowhere
 */
export function parsePnml(text: string): PetriNet {
  const reader = new PnmlReader()
  return reader.read(text)
}

interface PlaceRead {
  readonly id: string
  initial: number
  final: number
}

interface TransitionRead {
  readonly id: string
  name: string
  isInvisible: boolean
}

interface ArcRead {
  readonly source: string
  readonly target: string
  readonly line: number
}

class PnmlReader {
  readonly #parser = new SaxesParser({ position: true })
  readonly #places = new Map<string, PlaceRead>()
  readonly #transitions = new Map<string, TransitionRead>()
  readonly #arcs: ArcRead[] = []
  /** The elements that are open. */
  readonly #open: string[] = []
  #place: PlaceRead | undefined
  #transition: TransitionRead | undefined
  #text = ''
  #netCount = 0
  #finalCount = 0

  read(text: string): PetriNet {
    this.#parser.on('error', (error) => {
      throw this.#invalid('well-formed XML', error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, ''))
    })
    this.#parser.on('opentag', ({ name, attributes }) => {
      const parent = this.#open.at(-1)
      this.#open.push(localName(name))
      this.#text = ''
      this.#opened(localName(name), attributes as Record<string, string>, parent)
    })
    this.#parser.on('text', (part) => {
      this.#text += part
    })
    this.#parser.on('cdata', (part) => {
      this.#text += part
    })
    this.#parser.on('closetag', () => {
      const name = this.#open.pop()
      this.#closed(name, this.#open.at(-1))
      this.#text = ''
    })
    if (text.trim() === '') throw unreadable('PNML', { expected: 'a net', got: 'an empty file' })
    this.#parser.write(text).close()
    if (this.#netCount === 0) throw unreadable('PNML', { expected: 'the element "net"', got: 'none' })
    return this.#net()
  }

  #opened(name: string, attributes: Record<string, string>, parent: string | undefined): void {
    const id = attributes.id ?? ''
    if (parent === undefined && name !== 'pnml') throw this.#invalid('the element "pnml"', `"${name}"`)
    if (name === 'net' && ++this.#netCount > 1) throw this.#invalid('one net', 'another one')
    if (name === 'marking' && parent === 'finalmarkings' && ++this.#finalCount > 1)
      throw this.#invalid('one final marking', 'another one')
    if (name === 'place' && parent === 'marking') this.#place = this.#finalPlace(attributes.idref ?? '')
    else if (name === 'place') {
      this.#assertNew(id)
      this.#place = { id, initial: 0, final: 0 }
      this.#places.set(id, this.#place)
    } else if (name === 'transition') {
      this.#assertNew(id)
      this.#transition = { id, name: '', isInvisible: false }
      this.#transitions.set(id, this.#transition)
    } else if (name === 'arc')
      this.#arcs.push({
        source: attributes.source ?? '',
        target: attributes.target ?? '',
        line: this.#parser.line,
      })
    else if (name === 'toolspecific' && attributes.activity === '$invisible$' && this.#transition)
      this.#transition.isInvisible = true
  }

  #closed(name: string | undefined, parent: string | undefined): void {
    if (name === 'text') {
      const text = this.#text.trim()
      if (parent === 'name' && this.#open.at(-2) === 'transition' && this.#transition)
        this.#transition.name = text
      else if (parent === 'initialMarking' && this.#place) this.#place.initial = this.#countOf(text)
      else if (parent === 'place' && this.#open.at(-2) === 'marking' && this.#place)
        this.#place.final = this.#countOf(text)
      else if (parent === 'inscription' && this.#countOf(text) !== 1)
        throw this.#invalid('arcs that count one token', quoted(text))
    } else if (name === 'place') this.#place = undefined
    else if (name === 'transition') this.#transition = undefined
  }

  #net(): PetriNet {
    const places = [...this.#places.values()]
    const placeNumbers = new Map(places.map(({ id }, number) => [id, number]))
    const ways = new Map(
      [...this.#transitions.keys()].map((id) => [id, { from: [] as number[], to: [] as number[] }]),
    )
    for (const { source, target, line } of this.#arcs) {
      const [before, after] = [placeNumbers.get(source), placeNumbers.get(target)]
      if (before !== undefined && ways.has(target)) ways.get(target)?.from.push(before)
      else if (after !== undefined && ways.has(source)) ways.get(source)?.to.push(after)
      else {
        const expected = 'an arc between a place and a transition'
        throw unreadable('PNML', { expected, got: `${quoted(source)} to ${quoted(target)}`, line })
      }
    }
    const marked = (of: 'initial' | 'final') =>
      places.flatMap((place, number) => Array.from({ length: place[of] }, () => number))
    const left = new Set([...ways.values()].flatMap(({ from }) => from))
    const finalPlaces =
      this.#finalCount > 0 ? marked('final') : [...places.keys()].filter((number) => !left.has(number))
    return {
      placeCount: places.length,
      transitions: [...this.#transitions.values()].map(({ id, name, isInvisible }) => ({
        ...(isInvisible || name === '' ? {} : { activity: name }),
        ...(ways.get(id) as { from: number[]; to: number[] }),
      })),
      initialPlaces: marked('initial'),
      finalPlaces,
    }
  }

  #finalPlace(id: string): PlaceRead {
    const place = this.#places.get(id)
    if (!place) throw this.#invalid('a final marking of places that the net has', quoted(id))
    return place
  }

  #assertNew(id: string): void {
    if (id === '' || this.#places.has(id) || this.#transitions.has(id))
      throw this.#invalid('an id of its own for each place and transition', quoted(id))
  }

  #countOf(text: string): number {
    const count = Number(text)
    if (!/^\d+$/.test(text) || count > tokensMax)
      throw this.#invalid(`a number of tokens from 0 to ${tokensMax}`, quoted(text))
    return count
  }

  #invalid(expected: string, got: string) {
    return unreadable('PNML', { expected, got, line: this.#parser.line })
  }
}

const tokensMax = 1000

/** Without the prefix of a namespace. */
const localName = (name: string) => name.slice(name.indexOf(':') + 1)
