import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Framing, tcpEndpoint } from "tcpfx/domain"
import { Handler, Server } from "tcpfx/server"

/** The state of a meter. */
interface Meter {
  readonly name: string
  readonly readings: ReadonlyArray<number>
}

/** A command for one meter. */
type Command = "poll" | "forget"

/** Each meter sends its name first, then numbers. The server sends `?` to ask a meter for a number. */
const meters = Handler.actor({
  name: "meter",
  initial: () => Effect.succeed<Meter>({ name: "", readings: [] }),
  receive: (meter, line, connection) => {
    const text = new TextDecoder().decode(line)
    return meter.name === ""
      ? Effect.as(connection.send(new TextEncoder().encode(`hello ${text}`)), { ...meter, name: text })
      : Effect.succeed({ ...meter, readings: [...meter.readings, Number(text)] })
  },
  onTell: (meter, command: Command, connection) =>
    command === "poll"
      ? Effect.as(connection.send(new TextEncoder().encode("?")), meter)
      : Effect.succeed({ ...meter, readings: [] }),
})

/** Starts a server of meters. The result sends a command to all meters and reads the states of all meters. */
export const gateway = Effect.gen(function* () {
  const server = yield* Server.make({ settings: { frame: Framing.line }, handler: meters })
  const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
  /** Sends a command to the actor of every meter. */
  const tellAll = (command: Command) =>
    Effect.flatMap(server.connections, (all) =>
      Effect.forEach(all, (info) => meters.tell(info, command), { concurrency: "unbounded", discard: true }),
    )
  /** The states of the meters. A connection that has no state yet is left out. */
  const states = Effect.map(server.connections, (all) => all.flatMap((info) => Option.toArray(meters.state.of(info))))
  return { endpoint, tellAll, states }
})
