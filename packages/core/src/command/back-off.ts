/**
 * Pauses before a command that met a concurrent change is decided again: a random time of up to 2 ms after the first
 * attempt, twice as long after each further one, and at most 100 ms. Random, or those who collided once would all come
 * back together ("full jitter": Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015).
 *
 * @param random Gives numbers from 0 to below 1.
 */
export function backOff(attempt: number, random: () => number): Promise<void> {
  const delayMs = random() * Math.min(delayMsMax, 2 ** attempt)
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}

const delayMsMax = 100
