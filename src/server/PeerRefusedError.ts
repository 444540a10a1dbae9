import * as Schema from "effect/Schema"
import { escapeControls } from "../domain/index.ts"

/**
 * The handler refuses its peer: a login is wrong, or the peer sends too fast. A handler that fails with this error ends
 * its connection gracefully: the peer gets everything that was sent to it, then FIN. The close reason is
 * `HandlerFailed` with this error as its `tag` and `message`. The failure is the peer's, so it is not logged, and
 * `onHandlerFailure` does not run.
 *
 * @example
 * import { PeerRefusedError } from "tcpfx/server"
 *
 * assert.equal(new PeerRefusedError({ reason: "wrong password" }).message, "the peer was refused: wrong password")
 */
export class PeerRefusedError extends Schema.TaggedError<PeerRefusedError>("tcpfx/server/PeerRefusedError")(
  "PeerRefusedError",
  { reason: Schema.String },
) {
  override get message(): string {
    return `the peer was refused: ${escapeControls(this.reason)}`
  }
}
