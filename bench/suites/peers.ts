import { allPeers } from '../peers/all.ts'
import { annals } from '../peers/annals.ts'
import { measureAppends } from '../peers/append-measures.ts'
import { chartOf } from '../peers/chart.ts'
import { folderFor } from '../peers/folder.ts'
import { measureHistory } from '../peers/history-measures.ts'
import { pageOf, rawLimit } from '../peers/page.ts'
import { type Peer, PeerMissing } from '../peers/peer.ts'
import type { Bench, Suite } from '../suite.ts'

/** Annals beside other ways to keep events in a program of one's own: the same events, in one run, taking turns. */
export const peers: Suite = {
  name: 'peers',
  async run(bench) {
    const installed = await installedPeers(bench)
    for (const { name, setting } of installed) bench.note(`${name}: ${setting}.`)
    await measureAppends(bench, installed)
    await measureHistory(
      bench,
      installed.filter((peer) => !peer.withoutQueue),
    )
  },
  pages(report, name) {
    const chart = chartOf(report.rows, {
      title: 'Annals beside other ways to keep events',
      ours: annals.name,
      limit: rawLimit,
    })
    return new Map([
      [`${name}.md`, pageOf(report, `${name}.svg`)],
      [`${name}.svg`, chart],
    ])
  },
}

async function installedPeers(bench: Bench): Promise<readonly Peer[]> {
  const installed: Peer[] = []
  for (const peer of allPeers) {
    const directory = folderFor(bench, 'installed', peer)
    try {
      await (await peer.open(directory)).close()
      installed.push(peer)
    } catch (error) {
      const missing = error instanceof PeerMissing ? ' (npm install --prefix bench/peers)' : ''
      bench.note(`${peer.name} is left out: ${error instanceof Error ? error.message : error}${missing}.`)
    }
  }
  return installed
}
