import * as Either from "effect/Either"
import { parseDeadline, readIpBytes, type TlsVersion, ValueSyntaxError } from "../../domain/index.ts"
import { anyText, toggle, value, values } from "./flag.ts"

// `--ssl…` are the names that ncat has for them.
const ssl = (name: string) => ({ synonyms: [name] })

const parseVersion = (input: string): Either.Either<TlsVersion, ValueSyntaxError> =>
  input === "1.2" || input === "1.3"
    ? Either.right<TlsVersion>(`TLSv${input}`)
    : Either.left(
        new ValueSyntaxError({
          input,
          kind: "a version of TLS",
          problem: "it is not spoken here",
          expected: "1.2 or 1.3",
        }),
      )

/** Reads a list of ALPN protocols with commas between them (RFC 7301: 1 to 255 bytes each). */
const parseAlpn = (input: string): Either.Either<ReadonlyArray<string>, ValueSyntaxError> => {
  const names = input.split(",").map((name) => name.trim())
  const isName = (name: string) => name !== "" && new TextEncoder().encode(name).length <= 255
  return names.every(isName)
    ? Either.right(names)
    : Either.left(
        new ValueSyntaxError({
          input,
          kind: "a list of protocols",
          problem: "a name in it is empty or above 255 bytes",
          expected: "names with commas between them, such as h2,http/1.1",
        }),
      )
}

/** Reads the name of a server: the host that its certificate is for. */
const parseName = (input: string): Either.Either<string, ValueSyntaxError> =>
  /^[\p{L}\p{N}._-]+$/u.test(input) || readIpBytes(input) !== undefined
    ? Either.right(input)
    : Either.left(
        new ValueSyntaxError({
          input,
          kind: "the name of a server",
          problem: "it has characters that no host name has",
          expected: "a host name or an IP address, such as plc-1.example",
        }),
      )

const commonFlags = {
  alpn: value("tls-alpn", "LIST", parseAlpn, {
    ...ssl("ssl-alpn"),
    help: "Protocols by preference, with commas between them (ALPN).",
  }),
  minVersion: value("tls-min", "1.2|1.3", parseVersion, { help: "The lowest version that is spoken (default 1.2)." }),
  keyLog: value("tls-keylog", "PATH", anyText, {
    help: "Append the secrets of each connection to a file, for Wireshark (also SSLKEYLOGFILE).",
  }),
}

/** The flags of TLS of `tcpfx serve`. */
export const serverTlsFlags = {
  tls: toggle("tls", {
    ...ssl("ssl"),
    help: "Speak TLS. Without --tls-cert a certificate is made up for this run, and its fingerprint shown.",
  }),
  tlsCert: values("tls-cert", "PATH", anyText, {
    ...ssl("ssl-cert"),
    help: "Certificate and those that lead to its CA (PEM). Several: clients get that of the name that they ask for.",
  }),
  tlsKey: values("tls-key", "PATH", anyText, {
    ...ssl("ssl-key"),
    help: "Its key (PEM, no passphrase); for each --tls-cert in turn. Default: it stands in the same file.",
  }),
  tlsKeep: value("tls-keep", "DIR", anyText, {
    help: "Keep the made-up certificate in DIR, and take it again from there.",
  }),
  tlsClientCa: value("tls-client-ca", "PATH", anyText, {
    help: "Each client has to show a certificate that comes from one of these CAs (PEM).",
  }),
  tlsAlpn: commonFlags.alpn,
  tlsMin: commonFlags.minVersion,
  tlsKeyLog: commonFlags.keyLog,
  handshakeTimeout: value("handshake-timeout", "TIME", parseDeadline, {
    help: "How long a client's handshake may take (default 10s).",
  }),
}

/** The flags of TLS of `tcpfx connect`. */
export const clientTlsFlags = {
  tls: toggle("tls", { ...ssl("ssl"), help: "Speak TLS, and check the server's certificate." }),
  tlsCa: value("tls-ca", "PATH", anyText, {
    ...ssl("ssl-trustfile"),
    help: "The CA certificates to trust (PEM), in place of those that come with Node.",
  }),
  tlsName: value("tls-name", "NAME", parseName, {
    ...ssl("ssl-servername"),
    help: "The name to ask for (SNI), which the certificate must have. Default: the host.",
  }),
  insecure: toggle("insecure", {
    help: "Take any certificate. Whoever stands in between can read and change everything.",
  }),
  tlsVerify: toggle("tls-verify", { ...ssl("ssl-verify"), help: "Check the server's certificate, as is done anyway." }),
  tlsCert: value("tls-cert", "PATH", anyText, { ...ssl("ssl-cert"), help: "This client's own certificate (PEM)." }),
  tlsKey: value("tls-key", "PATH", anyText, {
    ...ssl("ssl-key"),
    help: "Its key (PEM, no passphrase). Default: it stands in the same file.",
  }),
  tlsAlpn: commonFlags.alpn,
  tlsMin: commonFlags.minVersion,
  tlsKeyLog: commonFlags.keyLog,
}
