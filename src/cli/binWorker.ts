import { modeReactor } from "../assistant/modeReactor.ts"
import { runWorker } from "../workers/runWorker.ts"
import { keepFreedMemory } from "./process/keepFreedMemory.ts"

// A worker of `tcpfx serve --workers`: bin/tcpfx.cjs starts this bundle for `tcpfx __worker`, which only a server runs.
keepFreedMemory()
runWorker(modeReactor)
