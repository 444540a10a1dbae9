import type { Dependency } from "../flags/dependencies.ts"

/** The facts that decide whether a TLS flag of `tcpfx connect` has an effect. */
export interface ClientTlsFacts {
  readonly tls: boolean
  readonly insecure: boolean
  /** Whether a flag or `TCPFX_TLS_CERT` names a certificate. */
  readonly hasCertificate: boolean
}

/** The TLS flags of `tcpfx connect` that have an effect only under a condition. */
export type ClientTlsKey =
  | ("insecure" | "tlsVerify" | "tlsCa" | "tlsName" | "tlsCert" | "tlsKey" | "tlsPassphraseFile")
  | ("tlsAlpn" | "tlsMin" | "tlsMax" | "tlsCiphers" | "tlsLegacy" | "tlsKeyLog")

export const clientTlsDependencies: ReadonlyArray<Dependency<ClientTlsKey, ClientTlsFacts>> = [
  {
    flags: [
      ...(["insecure", "tlsVerify", "tlsCa", "tlsName", "tlsCert", "tlsKey"] as const),
      ...(["tlsAlpn", "tlsMin", "tlsMax", "tlsCiphers", "tlsLegacy", "tlsKeyLog"] as const),
    ],
    isMet: ({ tls }) => tls,
    problem: "needs TLS; give --tls too",
  },
  {
    flags: ["tlsPassphraseFile"],
    isMet: ({ hasCertificate }) => hasCertificate,
    problem: "needs the certificate of the key; give --tls-cert too",
  },
  {
    flags: ["tlsCa"],
    isMet: ({ insecure }) => !insecure,
    problem: "has no effect with --insecure, which accepts any certificate",
  },
]
