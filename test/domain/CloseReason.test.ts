import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { CloseReason, closeReasons, describeCloseReason, isAbnormal } from "../../src/domain/index.ts"
import { anyOf } from "../support/eventArbitraries.ts"
import { runs } from "../support/properties.ts"

const descriptions: Record<CloseReason["_tag"], readonly [CloseReason, string]> = {
  PeerClosed: [{ _tag: "PeerClosed" }, "by the peer"],
  PeerReset: [{ _tag: "PeerReset" }, "reset by the peer"],
  PeerVanished: [{ _tag: "PeerVanished", code: "ETIMEDOUT" }, "the peer vanished (ETIMEDOUT)"],
  LocalClosed: [{ _tag: "LocalClosed" }, "by this side"],
  Kicked: [{ _tag: "Kicked" }, "kicked"],
  Displaced: [{ _tag: "Displaced" }, "displaced by a new connection of its address"],
  IdleTimeout: [{ _tag: "IdleTimeout", timeoutMillis: 60_000 }, "it sent nothing for 1 m"],
  FirstFrameTimeout: [{ _tag: "FirstFrameTimeout", timeoutMillis: 5000 }, "it sent no whole frame within 5 s"],
  HeartbeatLost: [{ _tag: "HeartbeatLost", timeoutMillis: 15_000 }, "it sent nothing for 15 s after a heartbeat"],
  WriteTimeout: [
    { _tag: "WriteTimeout", pendingBytes: 70_000, timeoutMillis: 10_000 },
    "it accepted none of its 70000 queued bytes for 10 s",
  ],
  SlowConsumer: [
    { _tag: "SlowConsumer", pendingBytes: 20, budgetBytes: 10 },
    "it read too slowly: 20 bytes were queued for it, above its budget of 10",
  ],
  PendingLimit: [
    { _tag: "PendingLimit", pendingBytes: 80, totalBytes: 110, limitBytes: 100 },
    "it read too slowly: 110 bytes were queued for all peers, above the limit of 100, and 80 of them for it",
  ],
  FrameTooLong: [{ _tag: "FrameTooLong", limitBytes: 1024 }, "it sent a frame above 1024 bytes"],
  FrameInvalid: [
    { _tag: "FrameInvalid", problem: "a netstring does not end with a comma", offset: 12 },
    "it sent an invalid frame (at byte 12): a netstring does not end with a comma",
  ],
  FrameTruncated: [
    { _tag: "FrameTruncated", bytes: 3 },
    "it ended in the middle of a frame, after 3 bytes of the frame",
  ],
  MessageInvalid: [
    { _tag: "MessageInvalid", codec: "json", problem: "text: is missing", frame: 3, offset: 40 },
    "it sent a message that json cannot decode (frame 3, at byte 40): text: is missing",
  ],
  HandlerFailed: [{ _tag: "HandlerFailed", message: "boom", tag: "Boom" }, "its handler failed (Boom: boom)"],
  FramingFailed: [{ _tag: "FramingFailed", message: "bad magic" }, "its framing failed (bad magic)"],
  Drained: [{ _tag: "Drained" }, "drained"],
  DrainDeadline: [
    { _tag: "DrainDeadline", pendingBytes: 7 },
    "the deadline passed with 7 bytes not accepted by the peer",
  ],
  WorkerDied: [{ _tag: "WorkerDied", worker: 2, cause: "SIGKILL" }, "its worker process 2 ended (SIGKILL)"],
  TransportFailed: [{ _tag: "TransportFailed", code: "EIO" }, "the transport failed (EIO)"],
}

describe("CloseReason", () => {
  for (const [tag, [reason, description]] of Object.entries(descriptions)) {
    it(`${tag} is described as "${description}"`, () => {
      expect(describeCloseReason(reason)).toBe(description)
    })
  }

  it("no two reasons have the same description", () => {
    const told = Object.values(descriptions).map(([, description]) => description)
    expect(new Set(told).size).toBe(CloseReason.members.length)
  })

  it("a deadline without queued bytes says that the peer did not close its side", () => {
    expect(describeCloseReason({ _tag: "DrainDeadline", pendingBytes: 0 })).toBe(
      "the peer did not close its side before the deadline",
    )
  })

  it.prop(
    "any description is one line without control characters, and any reason survives encoding and decoding",
    [anyOf(CloseReason)],
    ([reason]) => {
      expect(describeCloseReason(reason)).toMatch(/^\P{Cc}+$/u)
      const encoded = Schema.encodeSync(CloseReason)(reason)
      expect(Schema.decodeUnknownEither(CloseReason)(JSON.parse(JSON.stringify(encoded)))).toEqual(Either.right(reason))
    },
    runs(300),
  )

  it("the message of a failed handler stays on one line", () => {
    expect(describeCloseReason({ _tag: "HandlerFailed", message: "a\n\u001b[2Jb" })).toBe(
      "its handler failed (a\\n\\e[2Jb)",
    )
  })

  it("an unknown reason, or one without its fields, is refused", () => {
    const decode = Schema.decodeUnknownEither(CloseReason)
    expect(Either.isLeft(decode({ _tag: "Bored" }))).toBe(true)
    expect(Either.isLeft(decode({ _tag: "FrameTooLong" }))).toBe(true)
    expect(Either.isLeft(decode({ _tag: "FrameTooLong", limitBytes: "1024" }))).toBe(true)
  })

  it("the constants are valid reasons", () => {
    const decode = Schema.decodeUnknownEither(CloseReason, { onExcessProperty: "error" })
    for (const reason of Object.values(closeReasons)) expect(decode(reason)).toEqual(Either.right(reason))
  })

  it("a reset, a vanished peer and a failed transport are abnormal, and all other reasons are orderly ends", () => {
    const abnormal = Object.values(descriptions).filter(([reason]) => isAbnormal(reason))
    expect(abnormal.map(([reason]) => reason._tag)).toEqual(["PeerReset", "PeerVanished", "TransportFailed"])
  })
})
