import { invalidName, nameError } from '../name.ts'

/**
 * Stops unless `tenant` can name a tenant: 1 to 100 characters, no control characters, no `.`, which ends the name in
 * that of a stream, no `-`, which ends a category, and no `$` at the beginning.
 *
 * @throws AnnalsError `invalid-argument`
 */
export function assertTenantName(tenant: string): void {
  const problem =
    invalidName(tenant, tenantNameLengthMax) ??
    (/^\$|[.-]/.test(tenant) ? 'a name without "." and "-" that does not begin with "$"' : undefined)
  if (problem) throw nameError('tenant', problem, tenant)
}

const tenantNameLengthMax = 100
