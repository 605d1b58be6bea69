import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog } from '@annals/log'
import { expect, it } from 'vitest'
import { settled } from './settled.ts'
import { cartStream, shopEvents } from './shop-events.ts'

it('a settled store has sealed all segments but the last', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'annals-settled-'))
  const store = await openLog(directory, { segmentBytesMax: 64 * 1024 })
  try {
    const events = shopEvents(200)
    await Promise.all(
      Array.from({ length: 20 }, (_, cart) => store.append({ stream: cartStream(cart), events })),
    )
    await settled(store)
    const { segments, sealedSegments } = await store.stats()
    expect(segments).toBeGreaterThan(10)
    expect(sealedSegments).toBe(segments - 1)
  } finally {
    await store.close()
    rmSync(directory, { recursive: true })
  }
})
