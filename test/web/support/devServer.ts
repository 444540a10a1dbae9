// Serves the built page over stand-ins, until Ctrl-C: `node scripts/run-ts.mjs test/web/support/devServer.ts`.
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { loadAssets } from "../../../src/web/server/Assets.ts"
import { makePageWorld } from "./pageWorld.ts"

const folder = fileURLToPath(new URL("../web", import.meta.url))

const program = Effect.gen(function* () {
  const assets = yield* loadAssets(folder)
  const { server } = yield* makePageWorld({ assets })
  console.log(server.address)
  yield* Effect.never
})

Effect.runFork(Effect.scoped(Effect.orDie(program)))
