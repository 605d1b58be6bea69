export { type SqliteModel, type SqliteRow, type SqliteValue, sqlite } from './sqlite.ts'
export { openSqliteCoordinator } from './sqlite-coordinator.ts'
export { openSqliteReadModels } from './sqlite-read-models.ts'
export { openSqliteSnapshots } from './sqlite-snapshots.ts'
