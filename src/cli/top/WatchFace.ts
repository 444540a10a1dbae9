import type { runCtl } from "../commands/runCtl.ts"
import type { runTop } from "./runTop.ts"

/** The commands for a running server. Only the bundle `dist/cli/ctl.cjs` includes their code. */
export interface WatchFace {
  readonly runTop: typeof runTop
  readonly runCtl: typeof runCtl
}
