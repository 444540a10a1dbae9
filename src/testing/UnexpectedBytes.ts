import * as Data from "effect/Data"
import { showBytes } from "./internal/showBytes.ts"

/** A scripted peer did not receive the bytes that its script expects. */
export class UnexpectedBytes extends Data.TaggedError("UnexpectedBytes")<{
  /** The expected bytes. Empty if the script expects the end, or any `count` bytes. */
  readonly expected: Uint8Array
  /** The expected number of bytes, if the script accepts any bytes (`take`). */
  readonly count?: number
  /** The bytes received in place of the expected bytes. They may be fewer. */
  readonly actual: Uint8Array
  /** The position of the first expected byte, counted from the first byte of the connection. */
  readonly offset: number
  /**
   * "differs": a byte differs, or a byte came in place of the end. "ended": the other side sent FIN. "reset": the other
   * side reset the connection. "closed": the connection is closed. "silent": nothing more came before the deadline.
   */
  readonly problem: "differs" | "ended" | "reset" | "closed" | "silent"
}> {
  /** The position of the first byte that differs or is missing, counted from the first byte of the connection. */
  get differsAt(): number {
    const { actual, expected, offset, problem } = this
    // With any other problem, all received bytes match and the next byte is missing.
    if (problem !== "differs") return offset + actual.length
    return offset + actual.findIndex((byte, index) => byte !== expected[index])
  }

  override get message(): string {
    const { actual, count, differsAt, expected, offset, problem } = this
    const bytes = expected.length === 0 ? "the end" : showBytes(expected)
    const wanted = count === undefined ? bytes : `${count} byte${count === 1 ? "" : "s"}`
    const place = differsAt - offset
    const detail =
      problem === "differs"
        ? `the byte at offset ${differsAt} is ${hexOf(actual[place])} and not ${hexOf(expected[place])}`
        : `${problems[problem]} at offset ${offset + actual.length}`
    return `expected ${wanted} at offset ${offset} and received ${showBytes(actual)}: ${detail}`
  }
}

const problems = {
  ended: "the other side sent FIN",
  reset: "the other side reset the connection",
  closed: "the connection was closed",
  silent: "nothing more came before the deadline,",
}

const hexOf = (byte: number | undefined): string =>
  byte === undefined ? "the end" : `0x${byte.toString(16).padStart(2, "0")}`
