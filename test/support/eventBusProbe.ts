import { EventBus, type Stamp } from "../../src/runtime/EventBus.ts"

export type ProbeEvent = Stamp &
  (
    | { readonly _tag: "Life" }
    | { readonly _tag: "Frame"; readonly bytes: Uint8Array }
    | { readonly _tag: "EventsMissed"; readonly missed: number }
  )

/** What an event without bytes counts for in a buffer. */
export const lifeCost = 256

export const seqs = (events: ReadonlyArray<{ readonly seq: number }>): ReadonlyArray<number> =>
  events.map((event) => event.seq)

/** A bus with a clock to set, that tells what it built and each edge of being held back. */
export const makeProbe = () => {
  const clock = { millis: 0 }
  const edges: Array<boolean> = []
  const built: Array<string> = []
  let listener = (_blocked: boolean): void => {}
  const bus = new EventBus<ProbeEvent>({
    now: () => clock.millis,
    missedEvent: (missed, stamp) => ({ _tag: "EventsMissed", ...stamp, missed }),
    onBlocked: (blocked) => {
      edges.push(blocked)
      listener(blocked)
    },
  })
  return {
    bus,
    clock,
    edges,
    built,
    onEdge: (each: (blocked: boolean) => void) => {
      listener = each
    },
    life: () =>
      bus.emit((seq, at) => {
        built.push(`Life ${seq}`)
        return { _tag: "Life", seq, at }
      }),
    frame: (length: number) =>
      bus.emitFrame((seq, at) => {
        built.push(`Frame ${seq}`)
        return { _tag: "Frame", seq, at, bytes: new Uint8Array(length) }
      }),
  }
}
