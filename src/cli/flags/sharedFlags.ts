import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { Framing, formatBytes, limits, parseMaxFrame } from "../../domain/index.ts"
import { variable } from "../../runtime/variable.ts"
import { outputModes } from "../output/renderers.ts"
import { type TimestampMode, timestampModes } from "../output/Stamps.ts"
import { anyText, oneOf, value } from "./flag.ts"
import { environmentError, given } from "./given.ts"

/** The flags that say where: `serve` and `connect` have both. */
export const endpointFlags = {
  port: value("port", "PORT", anyText, { alias: "p", help: "The port, as if given as an argument." }),
  unix: value("unixsock", "PATH", anyText, { alias: "U", help: "A unix domain socket, as if given as unix:PATH." }),
}

/** The flags that say what a frame is. */
export const framingFlags = {
  frame: value("frame", "raw|line", Framing.parse, {
    help: "What a frame is: what one read gave (raw, the default), or a line that ends with LF (line).",
  }),
  maxFrame: value("max-frame", "SIZE", parseMaxFrame, {
    help: `Longest frame (default ${formatBytes(limits.maxFrameBytes)}, at most ${formatBytes(limits.maxFrameMostBytes)}); a peer that sends a longer line is closed.`,
  }),
}

/** How what happens is shown. */
export const outputFlag = (fallback: string) =>
  value("output", "text|json|raw", oneOf(...outputModes), {
    help: `text: lines for people; json: one event per line; raw: only the peers' bytes (default ${fallback}).`,
  })

const parseTimestamps = oneOf(...timestampModes)

/** What the rows of text output begin with. */
export const timestampsFlag = value("timestamps", timestampModes.join("|"), parseTimestamps, {
  help: "What a row of text begins with: the time of day (default), date, time and offset from UTC, or no time.",
})

/** What the rows of text output begin with: from the flag, or else from the environment. */
export const timestampsOf = (flag: Option.Option<TimestampMode>) =>
  Effect.mapError(given(flag, variable<TimestampMode>("TIMESTAMPS", parseTimestamps, "time")), environmentError)

/** What is wrong with `--timestamps` beside another output than text. */
export const timestampsProblem = "needs --output text; events in JSON have times of their own, and raw output has none"
