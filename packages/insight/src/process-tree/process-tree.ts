/**
 * What may be done in which order, as a tree: a block is done by doing its parts one after the other (`sequence`), one
 * of them (`exclusive`), all of them in any order and interleaved (`parallel`), or the first, and then any number of
 * times the second and the first again (`loop`). `silent` does nothing. Every process tree can come to its end, whatever
 * has been done.
 *
 * Source: van der Aalst, Buijs, van Dongen, "Towards improving the representational bias of process mining", 2012.
 */
export type ProcessTree =
  | { readonly kind: 'activity'; readonly activity: string }
  | { readonly kind: 'silent' }
  | { readonly kind: 'sequence' | 'exclusive' | 'parallel'; readonly children: readonly ProcessTree[] }
  | { readonly kind: 'loop'; readonly children: readonly [body: ProcessTree, redo: ProcessTree] }

export const silent: ProcessTree = { kind: 'silent' }

export const activityTree = (activity: string): ProcessTree => ({ kind: 'activity', activity })

/** A block that may be left out. */
export const optional = (tree: ProcessTree): ProcessTree => ({ kind: 'exclusive', children: [silent, tree] })

/** A block that is done once or several times. */
export const repeated = (tree: ProcessTree): ProcessTree => ({ kind: 'loop', children: [tree, silent] })

/** The activities of a tree, from left to right; one that stands at several places is there as often. */
export function activitiesOf(tree: ProcessTree): readonly string[] {
  if (tree.kind === 'activity') return [tree.activity]
  return tree.kind === 'silent' ? [] : tree.children.flatMap(activitiesOf)
}

/** The same tree with blocks of one part, and blocks within blocks of their own kind, made one. It allows the same. */
export function flattened(tree: ProcessTree): ProcessTree {
  if (tree.kind === 'activity' || tree.kind === 'silent') return tree
  if (tree.kind === 'loop') {
    const [body, redo] = tree.children
    return { kind: 'loop', children: [flattened(body), flattened(redo)] }
  }
  const { kind } = tree
  const parts = tree.children
    .map(flattened)
    .flatMap((child) => (child.kind === kind ? child.children : [child]))
  const children = withoutNeedlessSilence(kind, parts)
  const [only] = children
  return children.length === 1 && only ? only : { kind, children }
}

// Doing nothing among other things is nothing; of several ways to do nothing one is enough.
function withoutNeedlessSilence(kind: ProcessTree['kind'], parts: readonly ProcessTree[]) {
  const doing = parts.filter((part) => part.kind !== 'silent')
  const isSilenceNeeded = kind === 'exclusive' ? doing.length < parts.length : doing.length === 0
  return isSilenceNeeded ? [silent, ...doing] : doing
}
