import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { terminalProgress } from './terminal-progress.ts'

function stream(terminal?: { readonly columns: number }) {
  const chunks: string[] = []
  const writable = new Writable({
    write: (chunk, _encoding, done) => {
      chunks.push(String(chunk))
      done()
    },
  })
  return {
    stream: Object.assign(writable, terminal && { isTTY: true, ...terminal }),
    text: () => chunks.join(''),
  }
}

describe('the progress on a terminal', () => {
  it('shows how far it is, the rate and the time that is left', () => {
    const { stream: terminal, text } = stream({ columns: 120 })
    const { onProgress, stop } = terminalProgress('Replaying', terminal)
    onProgress({ done: 2_500, total: 10_000, perSecond: 1_250, secondsLeft: 6 })
    expect(text()).toContain('Replaying [')
    expect(text()).toContain('25% · 2,500 of 10,000 · 1,250/s · 6.0 s left')
    stop()
  })

  it('keeps within the width of the terminal, and cuts nothing off on one of 80 columns', () => {
    const { stream: terminal, text } = stream({ columns: 80 })
    const { onProgress, stop } = terminalProgress('Rebuilding', terminal)
    onProgress({ done: 123_456, total: 300_000, perSecond: 1_060, secondsLeft: 166 })
    // What is between the control sequences is what is seen.
    const seen = stripVTControlCharacters(text())
    expect(seen).toContain('2 min 46 s left')
    expect(seen.length).toBeLessThanOrEqual(80)
    stop()
  })

  it('shows the count and the rate alone while nobody knows the total', () => {
    const { stream: terminal, text } = stream({ columns: 120 })
    const { onProgress, stop } = terminalProgress('Recording', terminal)
    onProgress({ done: 2_500, total: Infinity, perSecond: 1_250, secondsLeft: Infinity })
    expect(text()).toContain('Recording 2,500 · 1,250/s')
    expect(text()).not.toMatch(/Infinity|NaN|%/)
    stop()
  })

  it('leaves an empty line and a visible cursor when it stops, and draws nothing after', async () => {
    const { stream: terminal, text } = stream({ columns: 80 })
    const { onProgress, stop } = terminalProgress('Replaying', terminal)
    onProgress({ done: 1, total: 2, perSecond: 1, secondsLeft: 1 })
    stop()
    const drawn = text()
    expect(drawn.lastIndexOf('\u001b[?25h'), 'the cursor is shown again').toBeGreaterThan(
      drawn.lastIndexOf('\u001b[?25l'),
    )
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(text()).toBe(drawn)
    stop()
  })

  it('draws nothing where there is no terminal', () => {
    const { stream: file, text } = stream()
    const { onProgress, stop } = terminalProgress('Replaying', file)
    onProgress({ done: 1, total: 2, perSecond: 1, secondsLeft: 1 })
    stop()
    expect(text()).toBe('')
  })
})
