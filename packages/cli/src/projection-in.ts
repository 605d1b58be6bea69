import { AnnalsError, type ConsumerGroup, type Module } from '@annals/core'

/** A projection of an application, without what it needs to be run. */
export type NamedProjection = Extract<Module, { readonly kind: 'projection' }>

/** The projections of an application, those of its queries too. */
export function projectionsIn(modules: readonly Module[]): readonly NamedProjection[] {
  const projections = modules.flatMap((module) =>
    module.kind === 'projection' ? [module] : module.kind === 'projected-query' ? [module.projection] : [],
  )
  return [...new Set(projections)]
}

/** The consumer groups of an application. */
export function groupsIn(modules: readonly Module[]): readonly ConsumerGroup[] {
  return modules.filter((module) => module.kind === 'consumer-group')
}

/** The projection of a name. @throws AnnalsError `invalid-argument` */
export function projectionIn(modules: readonly Module[], name: string): NamedProjection {
  const projections = projectionsIn(modules)
  const found = projections.find((each) => each.name === name)
  if (found) return found
  const known = projections.map((each) => each.name)
  const expected = known.length > 0 ? `one of ${known.join(', ')}` : 'an application with projections'
  throw new AnnalsError('invalid-argument', `There is no projection "${name}": expected ${expected}.`, {
    argument: 'projection',
    expected,
    received: name,
  })
}
