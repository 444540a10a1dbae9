import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { ConnectionId } from "../../domain/index.ts"
import type { RemoteMember, SharedMembers } from "../../hub/index.ts"
import type { PresenceEvent, RoomMember } from "../Presence.ts"

/** A member of this node that the other nodes know. */
export interface AnnouncedMember<M> {
  readonly change: (member: M) => void
  readonly leave: () => void
}

/** How the values of members travel to other nodes: as JSON, by the schema of members. */
export interface ValueCodec<M> {
  /** `undefined` if the value has no form as JSON. */
  readonly encode: (member: M) => string | undefined
  readonly decode: (json: string) => Either.Either<M, unknown>
}

/** Makes the codec of the values of members with a schema. Without a schema, members have no value. */
export const valueCodec = <M, I>(schema: Schema.Schema<M, I> | undefined): ValueCodec<M> => {
  if (schema === undefined) return { encode: () => "", decode: () => Either.right(undefined as M) }
  const json = Schema.parseJson(schema)
  const encode = Schema.encodeEither(json)
  return {
    encode: (member) => Either.getOrUndefined(encode(member)),
    decode: Schema.decodeEither(json),
  }
}

/** The members of rooms on the other nodes. A member whose value does not fit the schema of this node is left out. */
export class RemoteMembers<M> {
  private readonly shared: SharedMembers
  private readonly codec: ValueCodec<M>
  /** The decoded members, so that each value is decoded once. */
  private readonly decoded = new WeakMap<RemoteMember, Either.Either<RoomMember<M>, unknown>>()

  constructor(shared: SharedMembers, codec: ValueCodec<M>) {
    this.shared = shared
    this.codec = codec
  }

  /** Tells the other nodes of a member of this node. A value without a form as JSON is not told. */
  join(room: string, id: ConnectionId, member: M): AnnouncedMember<M> {
    const { codec, shared } = this
    const enter = (value: M) => {
      const json = codec.encode(value)
      return json === undefined ? undefined : shared.join(room, id, json)
    }
    let own = enter(member)
    return {
      change: (value) => {
        const json = codec.encode(value)
        if (own !== undefined && json !== undefined) return own.change(json)
        own?.leave()
        own = enter(value)
      },
      leave: () => own?.leave(),
    }
  }

  of(room: string): ReadonlyArray<RoomMember<M>> {
    return this.shared.of(room).flatMap((member) => this.decode(member) ?? [])
  }

  /** Tells the changes of the members of a room on the other nodes, until the returned function is called. */
  observe(room: string, tell: (change: PresenceEvent<M>) => void): () => void {
    const join = (joined: RoomMember<M> | undefined) => {
      if (joined !== undefined) tell({ _tag: "Joined", joined })
    }
    const leave = (left: RoomMember<M> | undefined) => {
      if (left !== undefined) tell({ _tag: "Left", left })
    }
    return this.shared.observe(room, {
      onJoined: (joined) => join(this.decode(joined)),
      onLeft: (left) => leave(this.decode(left)),
      onChanged: (to, from) => {
        const changed = this.decode(to)
        const before = this.decode(from)
        if (changed !== undefined && before !== undefined) tell({ _tag: "Changed", changed, before: before.member })
        else {
          leave(before)
          join(changed)
        }
      },
    })
  }

  private decode(remote: RemoteMember): RoomMember<M> | undefined {
    let result = this.decoded.get(remote)
    if (result === undefined) {
      const { id, json, node } = remote
      result = Either.map(this.codec.decode(json), (member) => ({ id, member, node }))
      this.decoded.set(remote, result)
    }
    return Either.getOrUndefined(result)
  }
}
