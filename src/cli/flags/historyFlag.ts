import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { parseCount, parseDuration, ValueSyntaxError } from "../../domain/index.ts"
import { type HubHistory, historyBounds } from "../../hub/index.ts"
import { value } from "./flag.ts"

const { leastAge, mostAge, mostFrames } = historyBounds

// The units of `parseDuration` end with hours.
const ages = `${Duration.toSeconds(leastAge)}s to ${Duration.toHours(mostAge)}h`

const expected = `last:N (1 to ${mostFrames} frames) or since:TIME (${ages}), such as last:100 or since:10m`

/** Parses a history: `last:100` or `since:10m`. */
export const parseHistory = (input: string): Either.Either<HubHistory, ValueSyntaxError> => {
  const refuse = (problem: string) => new ValueSyntaxError({ input, kind: "a history", problem, expected })
  const [, kind, text = ""] = /^(last|since):(.*)$/.exec(input) ?? []
  if (kind === "last") {
    return Either.mapBoth(
      Either.filterOrLeft(
        parseCount(text),
        (last) => last <= mostFrames,
        () => undefined,
      ),
      { onLeft: () => refuse(`the number of frames is not from 1 to ${mostFrames}`), onRight: (last) => ({ last }) },
    )
  }
  if (kind === undefined) return Either.left(refuse("it begins with neither `last:` nor `since:`"))
  return Either.mapBoth(
    Either.filterOrLeft(
      parseDuration(text),
      (since) => Duration.between(since, { minimum: leastAge, maximum: mostAge }),
      () => ({ problem: `the time is not from ${ages}` }),
    ),
    { onLeft: ({ problem }) => refuse(problem), onRight: (since) => ({ since }) },
  )
}

/** The flag of the frames for late joiners. */
export const historyFlag = {
  history: value("history", "last:N|since:TIME", parseHistory, {
    help: "Send each new client the last frames first: the last N, or those since a time ago. With --hub, NATS stores them (JetStream); otherwise they end with this server.",
  }),
}
