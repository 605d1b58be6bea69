import type { ProcessTree } from '../process-tree/process-tree.ts'
import type { PetriNet, Transition } from './petri-net.ts'

/**
 * The Petri net that allows what a process tree allows, block by block. No place ever holds two tokens, and the end can
 * be reached from everywhere.
 */
export function petriNetOfTree(tree: ProcessTree): PetriNet {
  const transitions: Transition[] = []
  let placeCount = 2
  const [source, sink] = [0, 1]
  const add = (from: readonly number[], to: readonly number[], activity?: string) =>
    transitions.push(activity === undefined ? { from, to } : { activity, from, to })

  // Nothing that a block adds leads into `from` or out of `to`, so blocks may share them.
  const connect = (block: ProcessTree, from: number, to: number): void => {
    if (block.kind === 'silent') add([from], [to])
    else if (block.kind === 'activity') add([from], [to], block.activity)
    else if (block.kind === 'exclusive') for (const child of block.children) connect(child, from, to)
    else if (block.kind === 'sequence') {
      let before = from
      for (const [i, child] of block.children.entries()) {
        const after = i === block.children.length - 1 ? to : placeCount++
        connect(child, before, after)
        before = after
      }
    } else if (block.kind === 'parallel') {
      const begun = block.children.map(() => placeCount++)
      const done = block.children.map(() => placeCount++)
      add([from], begun)
      for (const [i, child] of block.children.entries()) connect(child, begun[i] as number, done[i] as number)
      add(done, [to])
    } else {
      const [body, redo] = block.children
      const [begun, done] = [placeCount++, placeCount++]
      add([from], [begun])
      connect(body, begun, done)
      connect(redo, done, begun)
      add([done], [to])
    }
  }
  connect(tree, source, sink)
  return { placeCount, transitions, initialPlaces: [source], finalPlaces: [sink] }
}
