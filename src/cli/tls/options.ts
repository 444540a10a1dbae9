import { type RefusalRule, type TlsRemedy, tlsRemedyOf } from "../../domain/index.ts"

const options: Readonly<Record<TlsRemedy, string>> = {
  name: "--tls-name NAME, --insecure",
  trust: "--tls-ca FILE, --tls-ca system, --insecure",
  date: "--insecure",
  certificate: "--insecure",
  identity: "--tls-cert FILE, --tls-key FILE",
  versions: "--tls-min, --tls-max, --tls-legacy",
  ciphers: "--tls-ciphers LIST, --tls-legacy, --tls-cert FILE",
  legacy: "--tls-legacy",
  plain: "without --tls, or --starttls PROTOCOL",
}

/**
 * The options of `tcpfx connect` that may solve a TLS failure, as a text after its message. Empty if there are none.
 */
export const tlsOptionsFor = (code: string): string => {
  const remedy = tlsRemedyOf(code)
  return remedy === undefined ? "" : ` (${options[remedy]})`
}

const serverOptions: Readonly<Partial<Record<TlsRemedy, string>>> = {
  versions: "--tls-min, --tls-max, --tls-legacy",
  ciphers: "--tls-ciphers LIST, --tls-legacy",
  legacy: "--tls-legacy",
}

/**
 * The options of `tcpfx serve` that may admit a client whose handshake failed, as a text after the announcement of the
 * refusal. Empty if there are none.
 */
export const tlsServerOptionsFor = (rule: RefusalRule): string => {
  const remedy = rule._tag === "HandshakeFailed" ? tlsRemedyOf(rule.code) : undefined
  const named = remedy && serverOptions[remedy]
  return named === undefined ? "" : ` (${named})`
}
