export { type HttpErrorCode, httpErrorCatalogue } from './http-error.ts'
export type { CloseOptions, ListenOptions } from './listener.ts'
export { httpStatus, type Problem, type RejectionProblem } from './problem.ts'
export { createServer, type Server, type ServerOptions } from './server.ts'
