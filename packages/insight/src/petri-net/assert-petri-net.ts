import { AnnalsError } from '@annals/core'
import type { PetriNet } from './petri-net.ts'

/** Stops unless the parts of a net fit together. @throws AnnalsError `invalid-argument` with the reason as a sentence */
export function assertPetriNet({ placeCount, transitions, initialPlaces, finalPlaces }: PetriNet): void {
  if (!Number.isSafeInteger(placeCount) || placeCount < 0 || placeCount > placesMax)
    refuse(`a placeCount from 0 to ${placesMax}`, placeCount)
  const assertPlaces = (where: string, places: readonly number[]) => {
    for (const place of places)
      if (!Number.isSafeInteger(place) || place < 0 || place >= placeCount)
        refuse(`places of ${where} that are numbers below its placeCount, ${placeCount}`, place)
  }
  assertPlaces('its beginning', initialPlaces)
  assertPlaces('its end', finalPlaces)
  for (const [number, { activity, from, to }] of transitions.entries()) {
    if (activity !== undefined && (typeof activity !== 'string' || activity === ''))
      refuse(`transition ${number} to have an activity that is a string and not empty, or none`, activity)
    assertPlaces(`transition ${number}`, [...from, ...to])
  }
}

/** The most places of a net that markings can be made of. */
const placesMax = 10_000

function refuse(expected: string, received: unknown): never {
  throw new AnnalsError(
    'invalid-argument',
    `The Petri net cannot be used: expected ${expected}, but got ${JSON.stringify(received)}.`,
    { argument: 'net', expected, received },
  )
}
