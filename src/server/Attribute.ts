import * as Effect from "effect/Effect"

/**
 * A typed piece of state that each connection of a server has: the user of a connection, its device, its score. The
 * handler changes it, and the rest of the program reads it from `server.connections`.
 */
export interface Attribute<A> {
  /** The name in logs and JSON. Two attributes with one name are different attributes. */
  readonly name: string
  /** The value of a connection before the first `set`. */
  readonly initial: () => A
  /** Reads the value: the present value of a `ServerConnection`, or the value that a `ConnectionInfo` has recorded. */
  readonly of: (target: Attributed) => A
  /** Replaces the value of a connection. Others see it in every `ConnectionInfo` from now on. */
  readonly set: (connection: MutablyAttributed, value: A) => Effect.Effect<void>
  /** Replaces the value of a connection by a function of the present value. */
  readonly update: (connection: MutablyAttributed, change: (value: A) => A) => Effect.Effect<void>
}

/** Something whose attributes can be read: a `ServerConnection` or a `ConnectionInfo`. */
export interface Attributed {
  readonly attributes: Attributes
}

/** Something whose attributes can be changed: a `ServerConnection`. */
export interface MutablyAttributed {
  readonly attributes: MutableAttributes
}

/** The values of the attributes that a program has set on one connection. */
export class Attributes {
  /** The attributes of a connection on which nothing is set. */
  static readonly none = new Attributes()

  protected readonly values: Map<{ readonly name: string }, unknown>

  constructor(of?: Attributes) {
    this.values = new Map(of?.values)
  }

  get<A>(attribute: Attribute<A>): A {
    // `set` is the only method that stores a value under an attribute, and the value has the type of the attribute.
    return this.values.has(attribute) ? (this.values.get(attribute) as A) : attribute.initial()
  }

  /** The names and values, in the order in which the attributes were first set. */
  *[Symbol.iterator](): IterableIterator<readonly [name: string, value: unknown]> {
    for (const [{ name }, value] of this.values) yield [name, value]
  }

  /** The values by name. */
  toJSON(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(this)
  }
}

/** The attributes of an open connection. */
export class MutableAttributes extends Attributes {
  set<A>(attribute: Attribute<A>, value: A): void {
    this.values.set(attribute, value)
  }
}

/**
 * Makes an attribute. A program makes each attribute once and keeps it, because the attribute itself is the key of its
 * values. A connection without attributes costs nothing. Use values that do not change: a `ConnectionInfo` contains the
 * value itself.
 *
 * @example
 * import { Effect } from "effect"
 * import { Client } from "tcpfx/client"
 * import { Framing, tcpEndpoint } from "tcpfx/domain"
 * import { Attribute, Server } from "tcpfx/server"
 * import { MemoryTransport } from "tcpfx/transport"
 *
 * const User = Attribute.make("user", () => "nobody")
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* Server.make({
 *     settings: { frame: Framing.line },
 *     handler: (connection) =>
 *       connection.runForEach((name) =>
 *         Effect.zipRight(User.set(connection, new TextDecoder().decode(name)), connection.send(name)),
 *       ),
 *   })
 *   const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
 *   const client = yield* Client.make({ frame: Framing.line })
 *   const ann = yield* client.connect(endpoint)
 *   yield* ann.send(new TextEncoder().encode("ann"))
 *   yield* ann.receive
 *   return yield* server.connections
 * })
 * const [info] = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())))
 * assert.equal(info && User.of(info), "ann")
 */
export const make = <A>(name: string, initial: () => A): Attribute<A> => {
  const attribute: Attribute<A> = {
    name,
    initial,
    of: ({ attributes }) => attributes.get(attribute),
    set: ({ attributes }, value) => Effect.sync(() => attributes.set(attribute, value)),
    update: ({ attributes }, change) => Effect.sync(() => attributes.set(attribute, change(attributes.get(attribute)))),
  }
  return attribute
}
