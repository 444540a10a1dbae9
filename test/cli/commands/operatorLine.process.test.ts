import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { dialWith, haveAll, ncat, serveAt, tcpOpen } from "../../support/peers.ts"

it.scopedLive.skipIf(!haveAll(ncat))(
  "standard input of a chat speaks as the operator, and its commands act on clients by name",
  () =>
    Effect.gen(function* () {
      const { server, endpoint } = yield* serveAt(tcpOpen, "--mode", "chat", "--operator", "host", "--plain")
      const ada = yield* dialWith(ncat, endpoint)
      yield* ada.waitFor("stdout", /you are guest-1/)
      const bob = yield* dialWith(ncat, endpoint)
      yield* ada.waitFor("stdout", /^\* guest-2 joined$/m)
      yield* ada.write("/nick ada\r\n")
      yield* bob.waitFor("stdout", /^\* guest-1 is now ada$/m)
      yield* server.waitFor("stderr", /^#1: guest-1 is now ada$/m)
      yield* ada.write("hello\r\n")
      yield* bob.waitFor("stdout", /^<ada> hello$/m)
      yield* server.waitFor("stdout", /#1 < hello$/m)
      yield* server.write("hi all\n//slash\n/send @ada secret\n/nmae @ada x\n/clients\n/view hex\n")
      yield* bob.waitFor("stdout", /^<host> hi all\n<host> \/slash$/m)
      yield* ada.waitFor("stdout", /^\[host to you\] secret$/m)
      yield* server.waitFor("stderr", /\/nmae is not a command \(did you mean "name"\?\)/)
      yield* server.waitFor("stderr", /#1 127\.0\.0\.1:\d+ \(ada\) since/)
      yield* server.waitFor("stderr", /this command needs the console/)
      expect(bob.text("stdout")).not.toContain("secret")
      yield* server.write("/kick @ada\n")
      yield* bob.waitFor("stdout", /^\* ada left: kicked by the operator$/m)
    }),
)
