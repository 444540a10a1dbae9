import type { AttachOptions, BareHub, HubMember, HubObserver, HubSink, HubStats } from "../../index.ts"
import type { HubBridge } from "./HubBridge.ts"

/** The set of bridges that a {@link SharedHub} leaves at its end. */
interface Bridges {
  readonly remove: (bridge: HubBridge) => void
}

/** The hub of a room that several nodes share: a hub in memory with a bridge. */
export class SharedHub implements BareHub {
  private readonly hub: BareHub
  private readonly bridge: HubBridge
  private readonly bridges: Bridges

  constructor(hub: BareHub, bridge: HubBridge, bridges: Bridges) {
    this.hub = hub
    this.bridge = bridge
    this.bridges = bridges
  }

  attach(sink: HubSink, options?: AttachOptions): HubMember {
    return this.hub.attach(sink, options)
  }

  publish(run: Uint8Array): boolean {
    return this.hub.publish(run)
  }

  get unblocked(): BareHub["unblocked"] {
    return this.hub.unblocked
  }

  stats(): HubStats {
    const stats = this.hub.stats()
    // The bridge is no subscriber of the program.
    return { ...stats, subscribers: stats.subscribers - 1 }
  }

  observe(observer: HubObserver): ReturnType<BareHub["observe"]> {
    return this.hub.observe(observer)
  }

  /** Ends the hub. The bridge sends the frames that were published before, and unsubscribes. */
  close(): void {
    this.hub.close()
    this.bridges.remove(this.bridge)
  }
}
