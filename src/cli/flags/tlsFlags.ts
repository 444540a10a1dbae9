import * as Either from "effect/Either"
import { parseDeadline, readIpBytes, startTlsProtocols, type TlsVersion, ValueSyntaxError } from "../../domain/index.ts"
import { anyText, oneOf, toggle, value, values } from "./flag.ts"

// The names of these flags in ncat begin with `--ssl`.
const ssl = (name: string) => ({ synonyms: [name] })

const versions: Readonly<Record<string, TlsVersion>> = {
  "1.0": "TLSv1",
  "1.1": "TLSv1.1",
  "1.2": "TLSv1.2",
  "1.3": "TLSv1.3",
}

const parseVersion = (input: string): Either.Either<TlsVersion, ValueSyntaxError> => {
  const version = Object.hasOwn(versions, input) ? versions[input] : undefined
  return version === undefined
    ? Either.left(
        new ValueSyntaxError({
          input,
          kind: "a version of TLS",
          problem: "it is not supported",
          expected: "1.0, 1.1, 1.2 or 1.3",
        }),
      )
    : Either.right(version)
}

/** Parses a list of ALPN protocols with commas between them (RFC 7301: 1 to 255 bytes each). */
const parseAlpn = (input: string): Either.Either<ReadonlyArray<string>, ValueSyntaxError> => {
  const names = input.split(",").map((name) => name.trim())
  const isName = (name: string) => name !== "" && new TextEncoder().encode(name).length <= 255
  return names.every(isName)
    ? Either.right(names)
    : Either.left(
        new ValueSyntaxError({
          input,
          kind: "a list of protocols",
          problem: "it has a name that is empty or above 255 bytes",
          expected: "names with commas between them, such as h2,http/1.1",
        }),
      )
}

/** Parses the name of a server, which its certificate must have. */
const parseName = (input: string): Either.Either<string, ValueSyntaxError> =>
  /^[\p{L}\p{N}._-]+$/u.test(input) || readIpBytes(input) !== undefined
    ? Either.right(input)
    : Either.left(
        new ValueSyntaxError({
          input,
          kind: "the name of a server",
          problem: "it has a character that is not allowed in a host name",
          expected: "a host name or an IP address, such as plc-1.example",
        }),
      )

const commonFlags = {
  alpn: value("tls-alpn", "LIST", parseAlpn, {
    ...ssl("ssl-alpn"),
    help: "Protocols to offer (ALPN), with commas between them, the preferred one first.",
  }),
  minVersion: value("tls-min", "1.0|1.1|1.2|1.3", parseVersion, {
    help: "The lowest version of TLS (default 1.2, or 1.0 with --tls-legacy).",
  }),
  maxVersion: value("tls-max", "1.0|1.1|1.2|1.3", parseVersion, { help: "The highest version of TLS (default 1.3)." }),
  ciphers: value("tls-ciphers", "LIST", anyText, {
    ...ssl("ssl-ciphers"),
    help: "The ciphers, in OpenSSL's names with colons between them, also those of TLS 1.3.",
  }),
  legacy: toggle("tls-legacy", {
    help: "For old devices: allow TLS 1.0, weak ciphers, small keys and unsafe renegotiation. Not safe.",
  }),
  keyLog: value("tls-keylog", "PATH", anyText, {
    help: "Append the secrets of each connection to this file, for Wireshark (also SSLKEYLOGFILE).",
  }),
}

/** The TLS flags of `tcpfx serve`. */
export const serverTlsFlags = {
  tls: toggle("tls", {
    ...ssl("ssl"),
    help: "Speak TLS. Without --tls-cert, make a self-signed certificate for this run and print its fingerprint.",
  }),
  tlsCert: values("tls-cert", "PATH", anyText, {
    ...ssl("ssl-cert"),
    help: "Certificate chain (PEM), or a .p12 file. Given several times, a client gets the certificate of the name that it asks for (SNI).",
  }),
  tlsKey: values("tls-key", "PATH", anyText, {
    ...ssl("ssl-key"),
    help: "Key (PEM), one for each --tls-cert in turn. Default: the file of the certificate.",
  }),
  tlsPassphraseFile: values("tls-passphrase-file", "PATH", anyText, {
    help: "Read the passphrase of the key or .p12 file from the first line of PATH, or of a descriptor (fd:3). Default: ask for it in the terminal.",
  }),
  tlsKeep: value("tls-keep", "DIR", anyText, {
    help: "Keep the self-signed certificate in DIR, and use it again in later runs.",
  }),
  tlsClientCa: value("tls-client-ca", "PATH", anyText, {
    help: "Each client must present a certificate of one of these CAs (PEM).",
  }),
  tlsAlpn: commonFlags.alpn,
  tlsMin: commonFlags.minVersion,
  tlsMax: commonFlags.maxVersion,
  tlsCiphers: commonFlags.ciphers,
  tlsLegacy: commonFlags.legacy,
  tlsKeyLog: commonFlags.keyLog,
  handshakeTimeout: value("handshake-timeout", "TIME", parseDeadline, {
    help: "How long a handshake may take (default 10s).",
  }),
}

/** The TLS flags of `tcpfx connect`. */
export const clientTlsFlags = {
  tls: toggle("tls", { ...ssl("ssl"), help: "Speak TLS, and check the server's certificate." }),
  starttls: value("starttls", startTlsProtocols.join("|"), oneOf(...startTlsProtocols), {
    help: "Speak this protocol until TLS can begin (STARTTLS, STLS, AUTH TLS), then TLS. Implies --tls.",
  }),
  tlsCa: value("tls-ca", "PATH|system", anyText, {
    ...ssl("ssl-trustfile"),
    help: "The CA certificates to trust (PEM), instead of those of Node. system: those of the operating system.",
  }),
  tlsName: value("tls-name", "NAME", parseName, {
    ...ssl("ssl-servername"),
    help: "The name to ask for (SNI). The certificate must have this name. Default: the host.",
  }),
  insecure: toggle("insecure", {
    help: "Accept any certificate. An attacker on the network can then read and change everything.",
  }),
  tlsVerify: toggle("tls-verify", { ...ssl("ssl-verify"), help: "Check the server's certificate (the default)." }),
  tlsCert: value("tls-cert", "PATH", anyText, {
    ...ssl("ssl-cert"),
    help: "Certificate of this client (PEM, or a .p12 file).",
  }),
  tlsKey: value("tls-key", "PATH", anyText, {
    ...ssl("ssl-key"),
    help: "Key of the certificate (PEM). Default: the file of the certificate.",
  }),
  tlsPassphraseFile: value("tls-passphrase-file", "PATH", anyText, {
    help: "Read the passphrase of the key or .p12 file from the first line of PATH, or of a descriptor (fd:3). Default: ask for it in the terminal.",
  }),
  tlsAlpn: commonFlags.alpn,
  tlsMin: commonFlags.minVersion,
  tlsMax: commonFlags.maxVersion,
  tlsCiphers: commonFlags.ciphers,
  tlsLegacy: commonFlags.legacy,
  tlsKeyLog: commonFlags.keyLog,
}
