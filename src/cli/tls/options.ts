import { isCertificateFailure, isUntrustedCertificate } from "../../domain/index.ts"

/**
 * The options of `tcpfx connect` that may solve a TLS failure, as a text after its message. Empty if there are none.
 */
export const tlsOptionsFor = (code: string): string => {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return " (--tls-name NAME, --insecure)"
  if (isUntrustedCertificate(code)) return " (--tls-ca FILE, --insecure)"
  if (isCertificateFailure(code)) return " (--insecure)"
  return code.endsWith("ALERT_CERTIFICATE_REQUIRED") ? " (--tls-cert FILE, --tls-key FILE)" : ""
}
