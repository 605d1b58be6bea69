import type { App } from '@annals/core'

/** Resolves when everything that follows the log in these applications has handled all there is, and nothing is in work. */
export async function settled(...apps: readonly App[]): Promise<void> {
  for (let quiet = 0; quiet < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    quiet = (await Promise.all(apps.map(isIdle))).every(Boolean) ? quiet + 1 : 0
  }
}

async function isIdle(app: App): Promise<boolean> {
  const head = await app.store.head()
  const status = await app.status()
  return status.every(({ state, position }) => position >= head || state === 'paused' || state === 'failed')
}
