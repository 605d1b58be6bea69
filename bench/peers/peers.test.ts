import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { shopEvents } from '../shop-events.ts'
import { allPeers } from './all.ts'
import { PeerMissing, type PeerStore } from './peer.ts'

const events = shopEvents(12)

describe.each(allPeers)('$name beside the others', ({ open }) => {
  let directory: string
  let store: PeerStore | undefined
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'annals-peer-'))
    try {
      store = await open(directory)
    } catch (error) {
      if (!(error instanceof PeerMissing)) throw error
      store = undefined
    }
  })
  afterEach(async () => {
    await store?.close()
    await rm(directory, { recursive: true })
  })

  it('gives back what was appended, by stream, in all and by type, also after it was opened again', async (context) => {
    if (!store) return context.skip('it is not installed')
    await store.append('cart-1', events.slice(0, 1), -1)
    await store.append('cart-2', events.slice(1, 6), -1)
    await store.append('cart-1', events.slice(6, 12), 0)
    const check = async (from: PeerStore) => {
      const all: unknown[] = []
      await from.readAll(({ type, data }) => all.push({ type, data }))
      expect(all).toEqual(events)
      const ofStream = (await from.readStream('cart-1')).map(({ type, data }) => ({ type, data }))
      expect(ofStream).toEqual([...events.slice(0, 1), ...events.slice(6, 12)])
      const added = (await from.readType('ItemAdded')).map(({ type, data }) => ({ type, data }))
      expect(added).toEqual(events.filter(({ type }) => type === 'ItemAdded'))
      expect(await from.readStream('cart-3')).toEqual([])
    }
    await check(store)
    await store.close()
    store = await open(directory)
    await check(store)
  })

  it('refuses an append to a stream that has moved on, and records nothing of it', async (context) => {
    if (!store) return context.skip('it is not installed')
    await store.append('cart-1', events.slice(0, 2), -1)
    await expect(store.append('cart-1', events.slice(2, 4), 0)).rejects.toThrow()
    await expect(store.append('cart-2', events.slice(2, 4), -1)).resolves.toBeUndefined()
    await expect(store.append('cart-2', events.slice(4, 6), -1)).rejects.toThrow()
    expect(await store.readStream('cart-1')).toHaveLength(2)
    expect(await store.readStream('cart-2')).toHaveLength(2)
  })

  it('takes appends of several callers at once, or refuses some and records nothing of those', async (context) => {
    if (!store) return context.skip('it is not installed')
    const peer = store
    const answers = await Promise.allSettled(
      Array.from({ length: 64 }, (_, number) => peer.append(`cart-${number}`, events.slice(0, 2), -1)),
    )
    for (const [number, { status }] of answers.entries())
      expect(await peer.readStream(`cart-${number}`)).toHaveLength(status === 'fulfilled' ? 2 : 0)
  })
})
