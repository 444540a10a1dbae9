import * as Redacted from "effect/Redacted"
import selfsigned from "selfsigned"
import type { Tls } from "../../src/transport/index.ts"

/** The contents of a certificate. */
export interface CertificateOptions {
  /** The common name. An empty text makes an empty subject. */
  readonly name?: string
  /** The names and addresses that the certificate is for. Default: localhost and 127.0.0.1. */
  readonly names?: ReadonlyArray<string>
  /** The signer. Default: the certificate signs itself, and is a CA. */
  readonly by?: Tls.Identity
  readonly expired?: boolean
  /** Whether the certificate is valid only from tomorrow on. */
  readonly early?: boolean
}

const hour = 3_600_000
const isAddress = (name: string) => /^[0-9.]+$|:/.test(name)

/** Makes a key and a certificate. */
export const makeIdentity = async (options: CertificateOptions = {}): Promise<Tls.Identity> => {
  const { by, early = false, expired = false, name = "tcpfx test", names = ["localhost", "127.0.0.1"] } = options
  const made = await selfsigned.generate(name === "" ? [] : [{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: new Date(Date.now() + (early ? 24 : -48) * hour),
    notAfterDate: new Date(Date.now() + (expired ? -hour : 48 * hour)),
    extensions: [
      { name: "basicConstraints", cA: by === undefined, critical: true },
      {
        name: "subjectAltName",
        altNames: names.map((each) => (isAddress(each) ? { type: 7, ip: each } : { type: 2, value: each })),
      },
    ],
    ...(by === undefined ? {} : { ca: { key: Redacted.value(by.key), cert: by.cert } }),
  })
  return { cert: made.cert, key: Redacted.make(made.private) }
}
