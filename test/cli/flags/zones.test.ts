import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { checkZone } from "../../../src/cli/flags/zones.ts"
import { ConnectError, ListenError, tcpEndpoint } from "../../../src/domain/index.ts"
import { interfaceAddresses } from "../../../src/transport/index.ts"

describe("a link-local address", () => {
  it.effect("without a zone is refused with the names of the interfaces", () =>
    Effect.gen(function* () {
      const names = (yield* interfaceAddresses).map(({ name }) => name)
      const { code, message } = yield* Effect.flip(checkZone("fe80::1"))
      expect(code).toBe(2)
      const [, example = ""] =
        /^fe80::1 is a link-local address without a zone; .*such as fe80::1%(\S+) /.exec(message) ?? []
      expect(names).toContain(example)
    }),
  )

  it.effect("with a zone that is not an interface of this machine is refused", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(checkZone("fe80::1%nowhere"))
      expect(message).toMatch(
        /^fe80::1%nowhere: this machine has no active interface "nowhere"; expected an active one/,
      )
    }),
  )

  it.effect.each(["fe80::1%lo", "fe80::1%1", "::1", "fd00::1", "febf::1%lo", "127.0.0.1", "fe80.example"])(
    "%s is taken",
    (host) => checkZone(host),
  )

  it("has another error in the library than an address without a route", () => {
    const endpoint = tcpEndpoint("fe80::1", 9)
    const advice = "a link-local address needs its interface, as in fe80::1%eth0"
    expect(new ConnectError({ endpoint, reason: "Unreachable", code: "EINVAL" }).message).toContain(advice)
    expect(new ListenError({ endpoint, reason: "AddressNotAvailable", code: "EINVAL" }).message).toContain(advice)
  })
})
