import { createServer, type Socket } from "node:net"
import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { isSkipped, Programs } from "./programs.ts"
import { faultsOf, noFaults, runFanout } from "./reports.ts"

const size = 64

/** The part of a protocol that a broker of one subject needs. All requests but `publish` have the answer in `answers`. */
interface Protocol {
  readonly greeting: string
  readonly answers: ReadonlyArray<readonly [request: string, answer: string, subscribes: boolean]>
  readonly publish: string
  readonly published: string
  readonly delivery: string
  /** Bytes that the server may send between two records. */
  readonly between: string
}

const natsConnect = 'CONNECT {"verbose":false,"echo":false,"pedantic":false}\r\n'
const protocols: Readonly<Record<"nats" | "redis", Protocol>> = {
  nats: {
    greeting: "INFO {}\r\n",
    answers: [
      [`${natsConnect}SUB x 1\r\nPING\r\n`, "PONG\r\n", true],
      [`${natsConnect}PING\r\n`, "PONG\r\n", false],
      ["PONG\r\n", "", false],
    ],
    publish: `PUB x ${size}\r\n`,
    published: "",
    delivery: `MSG x 1 ${size}\r\n`,
    between: "PING\r\n",
  },
  redis: {
    greeting: "",
    answers: [["*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nx\r\n", "*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n", true]],
    publish: `*3\r\n$7\r\nPUBLISH\r\n$1\r\nx\r\n$${size}\r\n`,
    published: ":1\r\n",
    delivery: `*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$${size}\r\n`,
    between: "",
  },
}

interface Delivery {
  readonly record: Buffer
  /** The record before, empty for the first. */
  readonly last: Buffer
  readonly count: number
}

/** Returns the records to send for a delivery. The message begins at the byte `head` of a record. */
type Spoil = (delivery: Delivery, head: number) => ReadonlyArray<Buffer>

/** A broker of the protocol. `spoil` changes deliveries. All bytes go out in pieces of `pieceBytes`. */
const brokerOf = (protocol: Protocol, spoil: Spoil, pieceBytes: number) => {
  const subscribers = new Map<Socket, Omit<Delivery, "record">>()
  let pongs = 0
  const send = (socket: Socket, bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += pieceBytes) socket.write(bytes.subarray(at, at + pieceBytes))
  }
  const deliver = (message: Buffer) => {
    const record = Buffer.concat([Buffer.from(protocol.delivery), message, Buffer.from("\r\n")])
    const isHello = message.toString("latin1", 0, 2) === "--"
    for (const [socket, { count, last }] of subscribers) {
      const records = isHello ? [record] : spoil({ record, last, count }, protocol.delivery.length)
      if (!isHello) subscribers.set(socket, { last: record, count: count + 1 })
      send(socket, Buffer.concat([...records, Buffer.from(protocol.between)]))
    }
  }
  const publishBytes = protocol.publish.length + size + 2
  const server = createServer({ noDelay: true }, (socket) => {
    let rest = Buffer.alloc(0)
    socket.write(protocol.greeting)
    socket.on("error", () => {})
    socket.on("close", () => subscribers.delete(socket))
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk])
      for (;;) {
        const text = rest.toString("latin1")
        const known = protocol.answers.find(([request]) => text.startsWith(request))
        if (known !== undefined) {
          const [request, answer, subscribes] = known
          if (request === "PONG\r\n") pongs++
          if (subscribes) subscribers.set(socket, { last: Buffer.alloc(0), count: 0 })
          socket.write(answer)
          rest = rest.subarray(request.length)
        } else if (text.startsWith(protocol.publish) && rest.length >= publishBytes) {
          deliver(rest.subarray(protocol.publish.length, publishBytes - 2))
          socket.write(protocol.published)
          rest = rest.subarray(publishBytes)
        } else return
      }
    })
  })
  const port = Effect.async<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(address !== null && typeof address === "object" ? address.port : 0))
    })
  })
  const close = Effect.sync(() => {
    server.close()
    for (const socket of subscribers.keys()) socket.destroy()
  })
  return { close, pongs: () => pongs, port }
}

const every = 50
const isDue = (count: number) => count % every === every - 1
/** The faults, and how each one counts. Spoils one of 50 deliveries. */
const spoils: Readonly<Record<string, { readonly spoil: Spoil; readonly found: Readonly<Record<string, number>> }>> = {
  nothing: { spoil: ({ record }) => [record], found: {} },
  // The copy comes before the next record, so the generator has read it when it has everything.
  "a doubled record": {
    spoil: ({ record, last, count }) => (isDue(count) ? [last, record] : [record]),
    found: { doubled: 1 },
  },
  "a changed byte": {
    spoil: ({ record, count }, head) => {
      if (!isDue(count)) return [record]
      const changed = Buffer.from(record)
      const at = head + 9 + (count % (size - 10))
      changed[at] = (record[at] ?? 0) ^ 1
      return [changed]
    },
    found: { corrupt: 1, absent: 1 },
  },
}

layer(Programs.layer, { excludeTestServices: true })((it) => {
  for (const [name, protocol] of Object.entries(protocols)) {
    describe.skipIf(isSkipped)(`the checker of the load generator, receiving records of ${name}`, () => {
      for (const [fault, { found, spoil }] of Object.entries(spoils)) {
        it.scoped(`finds ${fault}, wherever reads end`, () =>
          Effect.gen(function* () {
            let made = 0
            const counted: Spoil = (delivery, head) => {
              if (isDue(delivery.count)) made++
              return spoil(delivery, head)
            }
            const broker = brokerOf(protocol, counted, 7)
            yield* Effect.addFinalizer(() => broker.close)
            const load = { proto: name, size, subscribers: 2, rate: 1000, least: 300 }
            const { result } = yield* runFanout({ ...load, port: yield* broker.port })
            expect(made).toBeGreaterThan(0)
            const { lost, undelivered, ...others } = faultsOf(result)
            const { lost: _, undelivered: __, ...none } = noFaults
            const expected = Object.fromEntries(Object.entries(found).map(([kind, count]) => [kind, count * made]))
            expect({ ...others, absent: lost + undelivered }).toEqual({ ...none, absent: 0, ...expected })
            expect(result.sent).toBeGreaterThan(0)
            expect(result.expected).toBe(2 * result.sent)
            // The generator must answer each PING of nats, or the server would disconnect it.
            if (name === "nats") expect(broker.pongs()).toBeGreaterThan(0)
          }),
        )
      }
    })
  }
})
