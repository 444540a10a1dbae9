import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { startServer } from "./programs.ts"

const Faults = Schema.parseJson(Schema.Struct({ faults: Schema.Number }))

/** A broker that spoils one of `every` deliveries. `made` ends the broker and gives the number of faults. */
export const faultyServer = Effect.fnUntraced(function* (fault: string, every: number, mode = "broker") {
  const { server, port } = yield* startServer("faulty", [`fault=${fault}`, `every=${every}`, `mode=${mode}`])
  const made = Effect.gen(function* () {
    yield* server.kill("SIGTERM")
    yield* server.ended
    return (yield* Schema.decodeUnknown(Faults)(server.text("stdout").trimEnd().split("\n").at(-1))).faults
  })
  // The broker foretells dropped lines when the clients send no more, which is only certain after the window.
  const windowIsOver = Effect.asVoid(server.write("over\n"))
  return { port, made, windowIsOver }
})

/** A fan-out at a fixed rate. */
export const everybody = { everybody: 1, subscribers: 4, rate: 4000 }
