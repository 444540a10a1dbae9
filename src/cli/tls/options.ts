import { type TlsRemedy, tlsRemedyOf } from "../../domain/index.ts"

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
