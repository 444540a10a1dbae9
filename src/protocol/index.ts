export * from "./Messages.ts"
export type { RequestError } from "./RequestError.ts"
export * as Requests from "./Requests.ts"
export { RequestTimeout } from "./RequestTimeout.ts"
