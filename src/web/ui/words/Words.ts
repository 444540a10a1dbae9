import type { en } from "./en.ts"

type Widened<A> = A extends string
  ? string
  : A extends (...args: infer Args) => string
    ? (...args: Args) => string
    : { readonly [Key in keyof A]: Widened<A[Key]> }

/** The words of a language: the keys of the English words, with values of the same type. */
export type Words = Widened<typeof en>
