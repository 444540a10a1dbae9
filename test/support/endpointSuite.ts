import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { type ConnectError, type Endpoint, fdEndpoint, ListenError, tcpEndpoint } from "../../src/domain/index.ts"
import { Transport, type TransportService, type Wire } from "../../src/transport/index.ts"
import { listenForWires, type TransportFixture } from "./transportFixture.ts"
import { utf8, WireProbe } from "./wireProbe.ts"

const portOf = (endpoint: Endpoint) => (endpoint._tag === "Tcp" ? endpoint.port : 0)

/** The promises of listening and dialling, over any transport. */
export const endpointSuite = (fixture: TransportFixture): void => {
  const test = <E>(name: string, body: Effect.Effect<void, E, Transport | Scope.Scope>) =>
    it.scopedLive(name, () => Effect.provide(body, fixture.layer))
  const dial = (endpoint: Parameters<TransportService["dial"]>[0]) =>
    Effect.flatMap(Transport, (transport) => transport.dial(endpoint))

  describe(`listening and dialling over ${fixture.name}`, () => {
    test(
      "the listener's endpoint is the real one, and each dial gives one connection",
      Effect.gen(function* () {
        const { endpoint, accepted } = yield* listenForWires(yield* fixture.endpoint)
        if (endpoint._tag === "Tcp") expect(endpoint.port).toBeGreaterThan(0)
        for (let count = 0; count < 3; count++) {
          const near = new WireProbe(yield* dial(endpoint)).start()
          const far = new WireProbe(yield* accepted).start()
          expect(near.wire.remote).toEqual(endpoint)
          expect(far.wire.local).toEqual(endpoint)
          if (endpoint._tag === "Tcp") expect(far.wire.remote).toEqual(near.wire.local)
          near.wire.write(Uint8Array.of(count))
          yield* far.until((probe) => probe.received === 1)
          expect(far.bytes()).toEqual(Uint8Array.of(count))
        }
      }),
    )

    test(
      "an endpoint in use is refused as AddressInUse, and the listener there is unharmed",
      Effect.gen(function* () {
        const { endpoint, accepted } = yield* listenForWires(yield* fixture.endpoint)
        const error = yield* Effect.flip(listenForWires(endpoint))
        expect(error).toBeInstanceOf(ListenError)
        expect(error).toMatchObject({ reason: "AddressInUse", code: "EADDRINUSE", endpoint })
        yield* dial(endpoint)
        yield* accepted
      }),
    )

    if (!fixture.usesPaths) {
      for (const wildcard of ["0.0.0.0", "::"]) {
        test(
          `a listener on ${wildcard} is reached at the addresses that this stands for, and leaves none of them free`,
          Effect.gen(function* () {
            const { endpoint, accepted } = yield* listenForWires(tcpEndpoint(wildcard, 0))
            const at = (host: string) => tcpEndpoint(host, portOf(endpoint))
            expect(endpoint).toEqual(at(wildcard))
            for (const host of wildcard === "::" ? ["127.0.0.1", "::1"] : ["127.0.0.1"]) {
              const near = yield* dial(at(host))
              const far = yield* accepted
              expect(near.remote).toEqual(at(host))
              expect(portOf(far.remote)).toBe(portOf(near.local))
              expect(near.local).toMatchObject({ host })
              expect(yield* Effect.flip(listenForWires(at(host)))).toMatchObject({ reason: "AddressInUse" })
            }
            yield* dial(at(wildcard))
            yield* accepted
            if (wildcard === "0.0.0.0") expect(yield* Effect.flip(dial(at("::1")))).toMatchObject({ reason: "Refused" })
          }),
        )
      }

      test(
        "the IPv6 wildcard leaves IPv4 free if restricted to IPv6, and one port serves both separately",
        Effect.gen(function* () {
          for (const options of [{ ipv6Only: true }, { family: "ipv6" }] as const) {
            const six = yield* listenForWires(tcpEndpoint("::", 0), options)
            const at = (host: string) => tcpEndpoint(host, portOf(six.endpoint))
            expect(yield* Effect.flip(dial(at("127.0.0.1")))).toMatchObject({ reason: "Refused" })
            const four = yield* listenForWires(at("0.0.0.0"))
            yield* dial(at("::1"))
            expect((yield* six.accepted).local).toEqual(at("::1"))
            yield* dial(at("127.0.0.1"))
            expect((yield* four.accepted).local).toEqual(at("127.0.0.1"))
            expect(yield* Effect.flip(listenForWires(at("::1"), options))).toMatchObject({ reason: "AddressInUse" })
          }
        }),
      )

      test(
        "an address of another family than the one that is asked for is WrongFamily",
        Effect.gen(function* () {
          for (const [host, family] of [
            ["127.0.0.1", "ipv6"],
            ["::1", "ipv4"],
          ] as const) {
            const endpoint = tcpEndpoint(host, 0)
            const error = yield* Effect.flip(listenForWires(endpoint, { family }))
            expect(error).toMatchObject({ reason: "WrongFamily", code: "EAFNOSUPPORT", endpoint })
          }
          const { endpoint } = yield* listenForWires(tcpEndpoint("127.0.0.1", 0), { family: "ipv4" })
          yield* dial(endpoint)
        }),
      )

      test(
        "listening on a name binds its first address, which is reached by the name and in use under both",
        Effect.gen(function* () {
          const [first = ""] = yield* Effect.flatMap(Transport, (transport) => transport.resolve("localhost"))
          const { endpoint, accepted } = yield* listenForWires(tcpEndpoint("localhost", 0))
          const at = (host: string) => tcpEndpoint(host, portOf(endpoint))
          expect(endpoint).toEqual(at(first))
          for (const host of ["localhost", first]) {
            expect((yield* dial(at(host))).remote).toEqual(endpoint)
            yield* accepted
            expect(yield* Effect.flip(listenForWires(at(host)))).toMatchObject({
              reason: "AddressInUse",
              endpoint: at(host),
            })
          }
        }),
      )

      test(
        "a name without address fails as NameNotFound on both sides",
        Effect.gen(function* () {
          const nowhere = tcpEndpoint("no-such-host.invalid", 1)
          for (const error of [yield* Effect.flip(listenForWires(nowhere)), yield* Effect.flip(dial(nowhere))]) {
            expect(error).toMatchObject({ reason: "NameNotFound", endpoint: nowhere })
          }
        }),
      )

      test(
        "a port out of range fails with a typed error on both sides",
        Effect.gen(function* () {
          const beyond = tcpEndpoint("127.0.0.1", 70_000)
          const refused = { reason: "Failed", code: "ERR_SOCKET_BAD_PORT", endpoint: beyond }
          expect(yield* Effect.flip(listenForWires(beyond))).toMatchObject({ _tag: "ListenError", ...refused })
          expect(yield* Effect.flip(dial(beyond))).toMatchObject({ _tag: "ConnectError", ...refused })
        }),
      )
    }

    test(
      "a descriptor that this process was not started with is refused as NotOpen",
      Effect.gen(function* () {
        const endpoint = fdEndpoint(2 ** 31 - 1)
        expect(yield* Effect.flip(listenForWires(endpoint))).toMatchObject({
          reason: "NotOpen",
          code: "EBADF",
          endpoint,
        })
      }),
    )

    test(
      "the end of its scope frees the endpoint at once, twenty times in a row, with connections left",
      Effect.gen(function* () {
        const first = yield* Effect.scoped(Effect.map(listenForWires(yield* fixture.endpoint), (it) => it.endpoint))
        for (let count = 0; count < 20; count++) {
          const scope = yield* Scope.make()
          const { accepted, endpoint } = yield* Scope.extend(listenForWires(first), scope)
          expect(endpoint).toEqual(first)
          yield* dial(endpoint)
          yield* accepted
          yield* Scope.close(scope, Exit.void)
          expect(yield* Effect.flip(dial(endpoint))).toMatchObject({ _tag: "ConnectError" })
        }
      }),
    )

    test(
      "connections live on when their listener is gone",
      Effect.gen(function* () {
        const transport = yield* Transport
        const scope = yield* Scope.make()
        const echo = (wire: Wire) => {
          const probe = new WireProbe(wire).start()
          probe.onEachData = (bytes) => void wire.write(bytes)
          probe.onEachEnd = () => wire.end()
        }
        const endpoint = yield* transport
          .listen(yield* fixture.endpoint, { backlog: 5 }, { onListening: () => {}, onWire: echo, onFailure: () => {} })
          .pipe(Scope.extend(scope))
        const near = new WireProbe(yield* dial(endpoint)).start()
        near.wire.write(Uint8Array.of(1))
        yield* near.until((probe) => probe.received === 1)
        yield* Scope.close(scope, Exit.void)
        near.wire.write(Uint8Array.of(2))
        yield* near.until((probe) => probe.received === 2)
      }),
    )

    test(
      "dialling an endpoint without a listener fails with a typed error and leaves nothing",
      Effect.gen(function* () {
        const gone = yield* Effect.scoped(Effect.map(listenForWires(yield* fixture.endpoint), (it) => it.endpoint))
        const error: ConnectError = yield* Effect.flip(dial(gone))
        expect(error._tag).toBe("ConnectError")
        expect(error.endpoint).toEqual(gone)
        expect([error.reason, error.code]).toEqual(
          gone._tag === "Unix" ? ["PathNotFound", "ENOENT"] : ["Refused", "ECONNREFUSED"],
        )
      }),
    )

    test(
      "the end of the dialler's scope ends the connection",
      Effect.gen(function* () {
        const { endpoint, accepted } = yield* listenForWires(yield* fixture.endpoint)
        const scope = yield* Scope.make()
        const near = new WireProbe(yield* Scope.extend(dial(endpoint), scope)).start()
        const far = new WireProbe(yield* accepted).start()
        yield* Scope.close(scope, Exit.void)
        yield* near.untilClosed
        yield* far.until((probe) => probe.hasEnded())
      }),
    )

    test(
      "a dial that is interrupted leaves no connection",
      Effect.gen(function* () {
        const { endpoint, accepted } = yield* listenForWires(yield* fixture.endpoint)
        const dialling = yield* Effect.fork(Effect.scoped(Effect.zipRight(dial(endpoint), Effect.never)))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(dialling)
        const control = yield* dial(endpoint)
        control.write(utf8("control"))
        // The kernel may complete the other dial before the interruption. Then the accepted end sees the connection
        // end.
        const first = new WireProbe(yield* accepted).start()
        yield* first.until((probe) => probe.hasEnded() || probe.closes.length > 0 || probe.received > 0)
      }),
    )

    test(
      "an address resolves to itself, a name to its addresses, and what is no name fails with the system's code",
      Effect.gen(function* () {
        const transport = yield* Transport
        expect(yield* transport.resolve("10.1.2.3")).toEqual(["10.1.2.3"])
        expect(yield* transport.resolve("::1")).toEqual(["::1"])
        const local = yield* transport.resolve("localhost")
        expect(local.every((address) => address === "127.0.0.1" || address === "::1")).toBe(true)
        expect(local.length).toBeGreaterThan(0)
        const failed = yield* Effect.flip(transport.resolve("no-such-host.invalid"))
        expect(failed._tag).toBe("LookupFailed")
        expect(["ENOTFOUND", "EAI_AGAIN"]).toContain(failed.code)
      }),
    )
  })
}
