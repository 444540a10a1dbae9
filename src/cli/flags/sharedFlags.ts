import * as Either from "effect/Either"
import { Framing, formatBytes, limits, parseMaxFrame } from "../../domain/index.ts"
import { outputModes } from "../output/renderers.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { anyText, oneOf, toggle, value } from "./flag.ts"

/** The flags of `serve` and `connect` that name an endpoint. */
export const endpointFlags = {
  port: value("port", "PORT", anyText, { alias: "p", help: "The port; the same as the argument." }),
  unix: value("unixsock", "PATH", anyText, { alias: "U", help: "A unix socket; the same as unix:PATH." }),
}

/** The flags of framing. */
export const framingFlags = {
  frame: value("frame", "FRAMING", Framing.parse, {
    help: "What a frame is: the bytes of one read (raw, the default), a line that ends with LF (line), or one of delim:HEX, len:FIELD[+OFFSET][,adjust:N][,strip:N], fixed:N, gap:TIME, netstring, slip, cobs, json.",
  }),
  maxFrame: value("max-frame", "SIZE", parseMaxFrame, {
    help: `The longest frame (default ${formatBytes(limits.maxFrameBytes)}, at most ${formatBytes(limits.maxFrameMostBytes)}). A longer frame closes its connection; with delim, slip and cobs it is skipped.`,
  }),
}

/** Refuses frames of a fixed size above the limit, because no frame could ever arrive. */
export const checkFrameSize = ({
  frame,
  maxFrame,
}: {
  readonly frame: Framing.Framing
  readonly maxFrame: number
}): Either.Either<void, CommandFailed> => {
  const size = Number(/^fixed:(\d+)$/.exec(frame.name)?.[1] ?? 0)
  return size > maxFrame
    ? Either.left(
        usageError(`--frame: ${frame.name} is above --max-frame (${maxFrame} bytes); give --max-frame ${size}`),
      )
    : Either.right(undefined)
}

/** The flag of the output format. */
export const outputFlag = (fallback: string) =>
  value("output", "text|json|raw", oneOf(...outputModes), {
    help: `text: rows for people; json: one event per line; raw: only the bytes of the peers (default ${fallback}).`,
  })

/** The flag that replaces the console of a terminal with plain lines. */
export const plainFlag = toggle("plain", {
  help: "In a terminal: plain lines, without the console's status and input rows.",
})
