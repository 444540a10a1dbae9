import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import {
  CodecError,
  ConnectError,
  ConnectionClosedError,
  closeReasons,
  EndpointSyntaxError,
  fdEndpoint,
  InvalidPayloadError,
  ListenError,
  NoSuchConnectionError,
  SettingsError,
  SlowConsumerError,
  TlsError,
  tcpEndpoint,
  unixEndpoint,
  ValueSyntaxError,
} from "../../src/domain/index.ts"

const AnyError = Schema.Union(
  CodecError,
  ConnectError,
  ConnectionClosedError,
  EndpointSyntaxError,
  InvalidPayloadError,
  ListenError,
  NoSuchConnectionError,
  SettingsError,
  SlowConsumerError,
  TlsError,
  ValueSyntaxError,
)

const errors: ReadonlyArray<typeof AnyError.Type> = [
  new ConnectionClosedError({ reason: closeReasons.peerClosed }),
  new ConnectionClosedError({ reason: { _tag: "SlowConsumer", pendingBytes: 9, budgetBytes: 8 } }),
  new NoSuchConnectionError({ id: 7 }),
  new SlowConsumerError({ pendingBytes: 9, budgetBytes: 8 }),
  new InvalidPayloadError({ framing: "line", problem: "it contains a line end" }),
  new CodecError({ codec: "json", problem: "it is not JSON" }),
  new CodecError({ codec: "json", problem: "it is not JSON", frame: 3, offset: 40 }),
  new ConnectError({ endpoint: tcpEndpoint("plc", 502), reason: "Refused", code: "ECONNREFUSED" }),
  new ConnectError({
    endpoint: tcpEndpoint("plc", 502),
    reason: "ProxyRefused",
    code: "EPROTO",
    proxy: "socks5://proxy:1080",
    problem: "not allowed",
  }),
  // An error can report an endpoint that is invalid.
  new ConnectError({ endpoint: tcpEndpoint("", 70_000), reason: "InvalidEndpoint", code: "EINVAL" }),
  new ConnectError({ endpoint: "plc:x", reason: "InvalidEndpoint", code: "EINVAL", problem: "it is not a port" }),
  new ListenError({ endpoint: unixEndpoint("/run/x"), reason: "AddressInUse", code: "EADDRINUSE" }),
  new ListenError({ endpoint: fdEndpoint(3), reason: "NotOpen", code: "EBADF" }),
  new ListenError({
    endpoint: tcpEndpoint("::", 80),
    reason: "AddressInUse",
    code: "EADDRINUSE",
    conflict: tcpEndpoint("0.0.0.0", 80),
  }),
  new SettingsError({ field: "maxFrame", value: "-1", expected: "a whole number" }),
  new TlsError({ part: "key", problem: "it does not match", index: 1 }),
  new EndpointSyntaxError({ input: "plc:x", problem: "the port is not a number", expected: "host:port" }),
  new ValueSyntaxError({ input: "5x", kind: "a duration", problem: "the unit is unknown", expected: "5s" }),
]

describe("errors as JSON", () => {
  for (const error of errors) {
    it(`keep the type, the fields and the message: ${error.message}`, () => {
      const text = JSON.stringify(Schema.encodeSync(AnyError)(error))
      const read = Schema.decodeUnknownSync(AnyError)(JSON.parse(text))
      expect(read).toBeInstanceOf(error.constructor)
      expect({ ...read }).toEqual({ ...error })
      expect([read._tag, read.message]).toEqual([error._tag, error.message])
    })
  }

  it("leave out the ParseError of a codec, whose text is in the problem", () => {
    const parseError = Either.getOrThrow(Either.flip(Schema.decodeUnknownEither(Schema.Number)("x")))
    const error = new CodecError({ codec: "json", problem: "Expected number", parseError })
    expect(error.parseError).toBe(parseError)
    const read = Schema.decodeSync(CodecError)(Schema.encodeSync(CodecError)(error))
    expect([read.parseError, read.message]).toEqual([undefined, error.message])
  })
})
