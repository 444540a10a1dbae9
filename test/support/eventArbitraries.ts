import * as Arbitrary from "effect/Arbitrary"
import type * as FastCheck from "effect/FastCheck"
import type * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

// JSON has no NaN, no infinities and no -0. No event has them either, because its numbers are counts and times.
const isWritable = (value: unknown): boolean => {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0)
  if (value instanceof Uint8Array) return true
  return typeof value !== "object" || value === null || Object.values(value).every(isWritable)
}

/** Values of a schema with finite numbers, as in real events. */
export const anyOf = <A, I>(schema: Schema.Schema<A, I>): FastCheck.Arbitrary<A> =>
  Arbitrary.make(schema).filter(isWritable)

/** The tags of the members of a union of tagged structs, in the order of the schema. */
export const tagsOf = (union: { readonly members: ReadonlyArray<Schema.Schema.All> }): ReadonlyArray<string> =>
  union.members.map(({ ast }) => {
    const type = SchemaAST.getPropertySignatures(ast).find(({ name }) => name === "_tag")?.type
    if (type === undefined || !SchemaAST.isLiteral(type)) throw new Error("a member has no tag")
    return String(type.literal)
  })
