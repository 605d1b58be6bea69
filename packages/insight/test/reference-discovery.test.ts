import { describe, expect, test } from 'vitest'
import { discoverProcessTree, type ProcessTree, parseProcessTree } from '../src/index.ts'
import { miningFolder, referenceLog, referenceLogNames, referenceResult } from './reference-log.ts'

/** A tree as text in which the order of parts shows only where it matters. */
function normalForm(tree: ProcessTree): string {
  if (tree.kind === 'silent') return 'tau'
  if (tree.kind === 'activity') return JSON.stringify(tree.activity)
  const parts = tree.children.map(normalForm)
  return `${tree.kind}(${(tree.kind === 'exclusive' || tree.kind === 'parallel' ? parts.sort() : parts).join(', ')})`
}

describe.skipIf(!miningFolder)('with the public event logs at hand', () => {
  test.each(referenceLogNames)('%s: the tree mined without noise is that of the reference', (name) => {
    const { tree } = referenceResult<{ tree: string }>(name, 'inductive_0.0')
    expect(normalForm(discoverProcessTree(referenceLog(name)))).toBe(normalForm(parseProcessTree(tree)))
  })
})
