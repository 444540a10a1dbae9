import type { Arguments } from "./arguments.ts"
import { BadArguments } from "./ending.ts"
import { mostPublishers } from "./messages.ts"
import { singlesAtOnce, type WriteMode } from "./publisher.ts"
import { protocols, Records } from "./records.ts"

/** What a fan-out is made of. */
export interface Plan {
  readonly port: number
  readonly records: Records
  readonly subscribers: number
  readonly publishers: number
  /** Every subscriber publishes too. */
  readonly isEverybody: boolean
  /** Connections that never read. */
  readonly stalled: number
  readonly mode: WriteMode
  /** Messages per second in all; 0: as fast as the system takes them. */
  readonly rate: number
  /** In `isEverybody`: messages that each has under way; 0: as many as the system takes. */
  readonly depth: number
  readonly warmup: number
  readonly seconds: number
  /** Messages that come within the window at least; it lasts longer if it takes longer. */
  readonly least: number
}

export const readPlan = (args: Arguments): Plan => {
  const isEverybody = args.number("everybody", 0) > 0
  const protocol = args.oneOf("proto", protocols)
  if (isEverybody && protocol === "redis")
    throw new BadArguments("a connection that subscribes cannot publish in redis: everybody=1 is not possible")
  const subscribers = args.count("subscribers", 100, isEverybody ? 2 : 1, isEverybody ? mostPublishers : undefined)
  return {
    port: args.port(),
    records: new Records(protocol, args.number("size", 64)),
    subscribers,
    publishers: isEverybody ? subscribers : args.count("publishers", 1, 1, mostPublishers),
    isEverybody,
    stalled: args.count("stalled", 0, 0),
    mode: args.oneOf("write", ["batch", "single"]),
    rate: args.number("rate", 0),
    depth: isEverybody ? args.count("depth", 0, 0, singlesAtOnce) : 0,
    warmup: args.number("warmup", 0.5),
    seconds: args.number("seconds", 2),
    least: args.number("least", 0),
  }
}
