import type { X509Certificate } from "node:crypto"
import type * as tls from "node:tls"

// Details of a refused certificate of a server: the names, dates and issuers that its user needs to mend the refusal.

const longestShown = 200

const shortened = (text: string): string => (text.length > longestShown ? `${text.slice(0, longestShown)}…` : text)

const commonName = (distinguished: string): string | undefined => /^CN=(.*)$/m.exec(distinguished)?.[1]

/** The distinguished name of a subject or issuer in one line. Node has `undefined` in place of an empty name. */
const lineOf = (distinguished: string | undefined): string =>
  distinguished ? shortened(distinguished.split("\n").join(", ")) : "without a name"

const namesIn = (certificate: X509Certificate): string | undefined =>
  // `DNS:localhost, IP Address:127.0.0.1`. A name with a comma is in quotation marks.
  certificate.subjectAltName
    ? certificate.subjectAltName.replace(/(^|, )(DNS|IP Address|URI|email):/g, "$1")
    : commonName(certificate.subject ?? "")

/** A date as `2026-11-30 18:00 UTC`. */
const dateOf = (date: string): string => `${new Date(date).toISOString().slice(0, 16).replace("T", " ")} UTC`

/** The certificates that the peer sent, the peer's own first. */
const chainOf = (socket: tls.TLSSocket): ReadonlyArray<X509Certificate> => {
  const chain: Array<X509Certificate> = []
  let next = socket.getPeerX509Certificate()
  while (next !== undefined && !chain.some(({ fingerprint256 }) => fingerprint256 === next?.fingerprint256)) {
    chain.push(next)
    next = next.issuerCertificate
  }
  return chain
}

/** The certificate of a chain to which a problem applies: the peer's own, or that of a CA. */
const subjectOf = (chain: ReadonlyArray<X509Certificate>, isBad: (certificate: X509Certificate) => boolean) => {
  const found = chain.findIndex(isBad)
  const bad = chain[found]
  return bad && { bad, whose: found === 0 ? "its certificate" : `the certificate of its CA (${lineOf(bad.subject)})` }
}

/**
 * Describes why the certificate of a server was refused, in a sentence about the server. `undefined` if the certificate
 * tells no more than the code. `name`: the name that the certificate must have.
 */
export const detailOf = (socket: tls.TLSSocket, code: string, name: string): string | undefined => {
  const chain = chainOf(socket)
  const [own] = chain
  if (own === undefined) return undefined
  const last = chain.at(-1) ?? own
  switch (code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID": {
      const names = namesIn(own)
      return names === undefined
        ? `its certificate has no name, and ${name} was asked for`
        : `its certificate is for ${shortened(names)}, not for ${name}`
    }
    case "CERT_HAS_EXPIRED": {
      const found = subjectOf(chain, ({ validTo }) => Date.parse(validTo) < Date.now())
      return found && `${found.whose} expired on ${dateOf(found.bad.validTo)}`
    }
    case "CERT_NOT_YET_VALID": {
      const found = subjectOf(chain, ({ validFrom }) => Date.parse(validFrom) > Date.now())
      const now = dateOf(new Date().toISOString())
      return found && `${found.whose} is valid only from ${dateOf(found.bad.validFrom)} on, and here it is ${now}`
    }
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return `its certificate is self-signed and not trusted (${lineOf(own.subject)})`
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return `its certificate comes from a CA that is not trusted (${lineOf(last.issuer)})`
    default:
      return undefined
  }
}
