import * as Either from "effect/Either"
import type { LineEnding } from "../../domain/assistant/index.ts"
import type { Framing } from "../../domain/index.ts"

const texts = { none: "", lf: "\n", crlf: "\r\n", cr: "\r" } as const satisfies Record<LineEnding, string>
const words: ReadonlyArray<LineEnding> = ["none", "lf", "crlf", "cr"]

/** The line end with which a framing ends each frame, or `undefined` if its frames do not end with a line end. */
const lineEndOf = ({ name }: Framing.Framing): LineEnding | undefined => {
  if (name === "line" || name === "json" || name === "delim:0a") return "lf"
  if (name === "delim:0d0a") return "crlf"
  return name === "delim:0d" ? "cr" : undefined
}

/**
 * The part of a line end that belongs to the payload, because the framing adds the rest: with `line`, CRLF is a CR in
 * the payload and the LF of the framing. Returns the problem if the framing ends its frames with another line end.
 */
export const innerEnding = (framing: Framing.Framing, wanted: LineEnding): Either.Either<LineEnding, string> => {
  const added = lineEndOf(framing)
  if (added === undefined) return Either.right(wanted)
  if (wanted === added) return Either.right("none")
  const inner = words.find((word) => word !== "none" && `${texts[word]}${texts[added]}` === texts[wanted])
  return inner === undefined || framing.name === "json"
    ? Either.left(`${wanted} contradicts --frame ${framing.name}, which ends each frame with ${added.toUpperCase()}`)
    : Either.right(inner)
}
