import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { Client } from "tcpfx/client"
import type { EndpointInput } from "tcpfx/domain"
import { Protocol } from "tcpfx/protocol"
import { Server, ServerConfig } from "tcpfx/server"

const Bid = Schema.TaggedStruct("Bid", { name: Schema.NonEmptyString, amount: Schema.Int.pipe(Schema.positive()) })
const Price = Schema.TaggedStruct("Price", { amount: Schema.Int, by: Schema.String })
const Refused = Schema.TaggedStruct("Refused", { reason: Schema.String })

/** Clients send bids, and the server sends prices and refusals. Each message is a line of JSON. */
export const Auction = Protocol.make("auction", { toServer: Bid, toClient: Schema.Union(Price, Refused) })

/** An auction. The server sends a higher bid to all clients as the new price, and refuses any other bid. */
export const AuctionServer = Layer.unwrapEffect(
  Effect.gen(function* () {
    const highest = yield* Ref.make(0)
    return Server.layer({
      protocol: Auction,
      handler: (connection) =>
        connection.runForEach(({ amount, name }) =>
          Effect.gen(function* () {
            const isHighest = yield* Ref.modify(highest, (last) => [amount > last, Math.max(amount, last)])
            if (!isHighest) return yield* connection.send({ _tag: "Refused", reason: `${amount} is not enough` })
            yield* connection.send({ _tag: "Price", amount, by: name })
            yield* connection.broadcast({ _tag: "Price", amount, by: name })
          }),
        ),
      onInvalid: (error, connection) => connection.send({ _tag: "Refused", reason: error.message }),
    })
  }),
).pipe(Layer.provide(ServerConfig.layer({ listen: "127.0.0.1:0" })))

/** Connects to the auction with the `Client` service. The connection ends with the scope. */
export const enter = (auction: EndpointInput) => Client.connect(auction, Auction)
