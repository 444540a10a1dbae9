import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { endpointDefaults, type ListenEndpoint, tcpEndpoint } from "../../domain/index.ts"
import { type CheckedServerSettings, ServerConfig } from "../../server/index.ts"
import { interfaceAddresses } from "../../transport/index.ts"
import { choicesOf } from "../console/AddressChoice.ts"
import { type AskedAddress, askAddress } from "../console/askAddress.ts"
import { canHaveConsole } from "../console/canHaveConsole.ts"
import { isEndpointGiven } from "../flags/endpointArgs.ts"
import { usageError } from "../process/exit.ts"
import { Stdio } from "../process/stdio.ts"
import type { ServeOptions } from "./serve.ts"

/** The endpoints of a server, and the keys that the user typed after the answer to the question for an address. */
export interface Picked extends Pick<AskedAddress, "typed"> {
  readonly listen: CheckedServerSettings["listen"]
  /** Whether the user was asked. */
  readonly isAsked: boolean
}

/** Whether a command line leaves the address to `--pick`: it names at most a port. */
export const leavesAddress = (options: ServeOptions, listen: CheckedServerSettings["listen"]): boolean =>
  !options.inherit &&
  Option.isNone(options.unix) &&
  (options.args.length === 0 || (options.args.length === 1 && /^:?\d+$/.test(options.args[0] ?? ""))) &&
  portOf(listen) !== undefined

const portOf = (listen: CheckedServerSettings["listen"]): number | undefined => {
  const endpoint: ListenEndpoint | undefined = "_tag" in listen ? listen : listen.length === 1 ? listen[0] : undefined
  return endpoint?._tag === "Tcp" ? endpoint.port : undefined
}

/**
 * Asks for the address with `--pick`. A console asks too, if no flag, argument or default names an endpoint, and if
 * this machine has an address that other machines can reach.
 */
export const pickListen = (options: ServeOptions, { family, listen }: CheckedServerSettings, isConsole: boolean) =>
  Effect.gen(function* () {
    const given: Picked = { listen, isAsked: false, typed: [] }
    const isNamed =
      isEndpointGiven(options) ||
      options.inherit ||
      process.env["LISTEN_FDS"] !== undefined ||
      listen !== ServerConfig.defaults.listen
    if (!options.pick && (!isConsole || isNamed)) return given
    const stdio = yield* Stdio
    if (!canHaveConsole(stdio, process.env)) {
      return yield* usageError(
        "--pick needs a terminal as standard input and output, and TERM not dumb; name the address (tcpfx interfaces lists them)",
      )
    }
    const addresses = yield* interfaceAddresses
    const choices = choicesOf(addresses, family)
    const hasOthers = choices.some(({ host }) =>
      addresses.some(({ address, loopback }) => address === host && !loopback),
    )
    if (!options.pick && !hasOthers) return given
    const port = portOf(listen) ?? endpointDefaults.port
    const { host, typed } = yield* askAddress(choices, port)
    return { listen: tcpEndpoint(host, port), isAsked: true, typed } satisfies Picked
  })
