import type { Timing } from "../../runtime/Timing.ts"
import type { ConnectionCore } from "../../transport/internal/ConnectionCore.ts"
import type { ServerSettings } from "../ServerConfig.ts"
import type { ConnectionActor } from "./ConnectionActor.ts"
import { deadlineRules } from "./deadlines.ts"
import { Watch } from "./Watch.ts"

/** What is demanded of connections while they are open. Where nothing is, there is none. */
export class Guard {
  private readonly watches: ReadonlyArray<Watch<ConnectionCore>>

  private constructor(watches: ReadonlyArray<Watch<ConnectionCore>>) {
    this.watches = watches
  }

  static of(settings: ServerSettings, timing: Timing): Guard | undefined {
    const watches = deadlineRules(settings).map((rule) => new Watch(timing, rule))
    return watches.length === 0 ? undefined : new Guard(watches)
  }

  add({ core }: ConnectionActor): void {
    for (const watch of this.watches) watch.add(core)
  }

  remove({ core }: ConnectionActor): void {
    for (const watch of this.watches) watch.remove(core)
  }
}
