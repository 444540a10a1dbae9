import * as Schema from "effect/Schema"
import { escapeControls } from "../../domain/index.ts"

/** The package of the NATS client is not installed. It is an optional peer dependency. */
export class NatsMissingError extends Schema.TaggedError<NatsMissingError>("tcpfx/nats/NatsMissingError")(
  "NatsMissingError",
  { package: Schema.String, version: Schema.String },
) {
  override get message(): string {
    return `a hub on NATS needs the package ${this.package}, which is not installed; install it with: npm install ${this.package}@${this.version}`
  }
}

/** The first connection to NATS failed. `servers` are the servers that were tried, without passwords. */
export class NatsConnectError extends Schema.TaggedError<NatsConnectError>("tcpfx/nats/NatsConnectError")(
  "NatsConnectError",
  { servers: Schema.Array(Schema.String), reason: Schema.String },
) {
  override get message(): string {
    return escapeControls(`cannot connect to NATS at ${this.servers.join(", ")}: ${this.reason}`)
  }
}
