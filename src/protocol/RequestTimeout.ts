import * as Schema from "effect/Schema"
import { formatMillis } from "../domain/quantities.ts"

/**
 * The reply to a request did not come before the deadline of the request.
 *
 * @example
 * import { RequestTimeout } from "tcpfx/protocol"
 *
 * const error = new RequestTimeout({ timeoutMillis: 250, sent: true, id: 7 })
 * assert.equal(error.message, "no reply to request 7 came within 250 ms")
 */
export class RequestTimeout extends Schema.TaggedError<RequestTimeout>()("RequestTimeout", {
  /** The timeout in milliseconds, counted from the call of `request`. */
  timeoutMillis: Schema.Number,
  /**
   * Whether the request was sent. `true`: the peer may have carried it out. `false`: the request still waited for its
   * turn, and the peer never receives it.
   */
  sent: Schema.Boolean,
  /** The id of the request. Absent if the protocol has no ids, or if the request was not sent. */
  id: Schema.optional(Schema.Union(Schema.String, Schema.Number)),
}) {
  override get message(): string {
    const within = `within ${formatMillis(this.timeoutMillis)}`
    if (!this.sent)
      return `a request could not be sent ${within}: too many requests are in flight, or the peer does not read`
    return `no reply to ${this.id === undefined ? "a request" : `request ${this.id}`} came ${within}`
  }
}
