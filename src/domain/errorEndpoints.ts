import * as Schema from "effect/Schema"
import { UnixEndpoint } from "./Endpoint.ts"

// An error can report an invalid endpoint, such as one with port 70000, so these schemas accept any host and number.
const ReportedTcp = Schema.TaggedStruct("Tcp", { host: Schema.String, port: Schema.Number })

/** The endpoint in an error. It may be invalid. */
export const ReportedEndpoint = Schema.Union(ReportedTcp, UnixEndpoint)

/** The endpoint to listen on in an error. It may be invalid. */
export const ReportedListenEndpoint = Schema.Union(
  ReportedTcp,
  UnixEndpoint,
  Schema.TaggedStruct("Fd", { fd: Schema.Number }),
)
