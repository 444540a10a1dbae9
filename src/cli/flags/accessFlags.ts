import * as Effect from "effect/Effect"
import { type AddressRanges, AddressSet, parseAddressRanges } from "../../domain/index.ts"
import { proxyProtocols, type ServerSettings } from "../../server/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { anyText, oneOf, value, values } from "./flag.ts"

/** The flags of access control. */
export const accessFlags = {
  allow: values("allow", "LIST", parseAddressRanges, {
    help: "Only these addresses may connect; overrides --deny. LIST: addresses and ranges such as 10.0.0.0/8,::1.",
  }),
  deny: values("deny", "LIST", parseAddressRanges, { help: "These addresses may not connect." }),
  allowFile: values("allow-file", "PATH", anyText, {
    help: "The same from a file; # begins a comment. SIGHUP reads the file again and closes no connection.",
  }),
  denyFile: values("deny-file", "PATH", anyText, { help: "The same for --deny." }),
  proxyProtocol: value("proxy-protocol", "off|require", oneOf(...proxyProtocols), {
    help: "require: each connection must begin with a header of the PROXY protocol (1 or 2) that names its client.",
  }),
  proxyFrom: values("proxy-from", "LIST", parseAddressRanges, {
    help: "The proxies that may connect with --proxy-protocol require; other connections are closed at once.",
  }),
}

const isEmpty = (ranges: AddressRanges): boolean => (ranges instanceof AddressSet ? ranges.size : ranges.length) === 0

/** Refuses `--proxy-protocol require` without trusted proxies: any client could then claim any address. */
export const checkProxies = ({ proxyFrom, proxyProtocol }: ServerSettings): Effect.Effect<void, CommandFailed> => {
  if (proxyProtocol === "require" && isEmpty(proxyFrom)) {
    return usageError("--proxy-protocol require needs --proxy-from with the addresses of the proxies")
  }
  return proxyProtocol === "off" && !isEmpty(proxyFrom)
    ? usageError("--proxy-from needs --proxy-protocol require")
    : Effect.void
}
