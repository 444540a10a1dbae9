import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"

/** A new folder. The end of the scope removes it with its content. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "tcpfx-")))),
  (path) => Effect.sync(() => fs.rmSync(path, { recursive: true, force: true })),
)
