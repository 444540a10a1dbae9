import * as Either from "effect/Either"
import { readIpBytes } from "./ipAddress.ts"
import type { ProxyVersion } from "./ProxyHeader.ts"
import { ValueSyntaxError } from "./syntaxErrors.ts"

/** Reads a source address: an IP address of this machine. */
export const parseSourceAddress = (input: string): Either.Either<string, ValueSyntaxError> =>
  readIpBytes(input) === undefined
    ? Either.left(
        new ValueSyntaxError({
          input,
          kind: "a source address",
          problem: "it is not an IP address",
          expected: "an address of this machine (tcpfx interfaces lists them)",
        }),
      )
    : Either.right(input)

/** Reads a version of the PROXY protocol: v1 or v2. */
export const parseProxyVersion = (input: string): Either.Either<ProxyVersion, ValueSyntaxError> =>
  input === "v1" || input === "v2"
    ? Either.right<ProxyVersion>(input === "v1" ? 1 : 2)
    : Either.left(
        new ValueSyntaxError({
          input,
          kind: "a version of the PROXY protocol",
          problem: "it is unknown",
          expected: "v1 or v2",
        }),
      )

/** Makes a parser of a port from `least` to 65535. Port 0 means a free port. */
export const parsePort =
  (least: 0 | 1) =>
  (input: string): Either.Either<number, ValueSyntaxError> =>
    /^\d{1,5}$/.test(input) && Number(input) >= least && Number(input) <= 65_535
      ? Either.right(Number(input))
      : Either.left(
          new ValueSyntaxError({
            input,
            kind: "a port",
            problem: `it is not a number from ${least} to 65535`,
            expected: "a port such as 8080",
          }),
        )
