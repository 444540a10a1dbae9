import { EventBus, type Stamp } from "../../src/runtime/EventBus.ts"

export type ProbeEvent = Stamp &
  (
    | { readonly _tag: "Life" }
    | { readonly _tag: "Frame"; readonly bytes: Uint8Array }
    | { readonly _tag: "EventsMissed"; readonly missed: number }
  )

/** The size that an event without bytes has in a buffer. */
export const lifeCost = 256

export const seqs = (events: ReadonlyArray<{ readonly seq: number }>): ReadonlyArray<number> =>
  events.map((event) => event.seq)

/** A bus with a settable clock. It records the events that it builds, and each begin and end of back-pressure. */
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
