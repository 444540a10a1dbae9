// What the types of framings accept and refuse. The compiler checks this file; nothing runs it.
import { Framing } from "../../src/domain/index.ts"

const next = (bytes: Uint8Array): Framing.Step => Framing.frame(bytes.length, bytes)
const encode = (payload: Uint8Array): Uint8Array => payload

/** A framing needs no type argument, and its parts infer their parameters. */
export const minimal: Framing.Framing = Framing.make({
  name: "minimal",
  next: (bytes) => (bytes.length === 0 ? Framing.need() : Framing.frame(bytes.length, bytes)),
  encode: (payload) => (payload.length === 0 ? Framing.refuse("it is empty") : payload),
})

export const wrong = [
  // @ts-expect-error A step is not optional.
  Framing.make({ name: "wrong", next: (bytes) => (bytes.length === 0 ? undefined : Framing.need()), encode }),
  // @ts-expect-error A problem is not an error of JavaScript.
  Framing.make({ name: "wrong", next: () => new Error("invalid"), encode }),
  // @ts-expect-error A refusal is made with `Framing.refuse`.
  Framing.make({ name: "wrong", next, encode: () => "it is empty" }),
  // @ts-expect-error A frame has a payload.
  Framing.frame(1),
  // @ts-expect-error A framing has a name.
  Framing.make({ next, encode }),
]

/** A framing of this package encodes every payload. */
export const bytes: Uint8Array = Framing.varint.encode(new Uint8Array(1))
// @ts-expect-error A framing of an author may refuse a payload.
export const refused: Uint8Array = minimal.encode(new Uint8Array(0))
