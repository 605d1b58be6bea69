export { type Disk, type DiskFile, type DiskLock, realDisk } from './disk.ts'
export { type LogOptions, type LogStats, type LogStore, openLog, type Recovery } from './log.ts'
export type { Damage, VerifyOptions, VerifyReport } from './verify.ts'
export { type VerifyLogOptions, verifyLog } from './verify-log.ts'
