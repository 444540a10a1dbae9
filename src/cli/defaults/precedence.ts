import { type Default, endpointKey } from "./Default.ts"

// Flags that set the same thing, or belong together. A flag of a group overrides all defaults of the group that come
// from a weaker source: with `--reply` on the command line, a file's `mode` has no effect.
const groups: ReadonlyArray<ReadonlyArray<string>> = [
  [endpointKey, "port", "unixsock"],
  ["mode", "broker", "reply"],
  ["family", "ipv4", "ipv6"],
  ["eol", "crlf", "hex"],
  ["send", "macro"],
  ["tls-cert", "tls-key", "tls-passphrase-file", "tls-keep"],
  ["ui-tls-cert", "ui-tls-key"],
  ["insecure", "tls-verify", "tls-ca"],
]

/** A flag that a source sets. */
export interface SetFlag {
  readonly name: string
  /** Whether the source turns off a flag without a value. Then it overrides only defaults of the same flag. */
  readonly isOff: boolean
}

const rivalsOf = ({ isOff, name }: SetFlag): ReadonlyArray<string> =>
  isOff ? [name] : [name, ...groups.filter((group) => group.includes(name)).flat()]

/**
 * The defaults that apply in addition to the flags of a command line. `layers` has the defaults of each source, the
 * strongest source first.
 */
export const strongest = (
  layers: ReadonlyArray<ReadonlyArray<Default>>,
  given: ReadonlyArray<SetFlag>,
): ReadonlyArray<Default> => {
  const taken = new Set(given.flatMap(rivalsOf))
  return layers.flatMap((layer) => {
    const kept = layer.filter(({ name }) => !taken.has(name))
    for (const { name, values } of kept) {
      for (const rival of rivalsOf({ name, isOff: values.length === 1 && values[0] === "no" })) taken.add(rival)
    }
    return kept
  })
}
