import { describe, expect, it } from "vitest"
import {
  ConnectError,
  describeCloseReason,
  describeRefusal,
  describeTlsFailure,
  isLastingTlsFailure,
  isTlsCode,
  tcpEndpoint,
} from "../../src/domain/index.ts"

describe("a failure of TLS", () => {
  it("is described with the number and name of its alert, for every version of OpenSSL", () => {
    for (const prefix of [
      "ERR_SSL_SSLV3_ALERT_",
      "ERR_SSL_SSL/TLS_ALERT_",
      "ERR_SSL_TLSV1_ALERT_",
      "ERR_SSL_TLSV13_ALERT_",
    ]) {
      expect(describeTlsFailure(`${prefix}BAD_CERTIFICATE`)).toBe(
        "it does not accept this side's certificate (alert 42, bad_certificate)",
      )
    }
    const alerts: ReadonlyArray<readonly [string, number]> = [
      ["SSLV3_ALERT_HANDSHAKE_FAILURE", 40],
      ["SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", 43],
      ["SSLV3_ALERT_CERTIFICATE_REVOKED", 44],
      ["SSLV3_ALERT_CERTIFICATE_EXPIRED", 45],
      ["SSLV3_ALERT_CERTIFICATE_UNKNOWN", 46],
      ["TLSV1_ALERT_UNKNOWN_CA", 48],
      ["TLSV1_ALERT_ACCESS_DENIED", 49],
      ["TLSV1_ALERT_PROTOCOL_VERSION", 70],
      ["TLSV1_ALERT_INTERNAL_ERROR", 80],
      ["TLSV1_UNRECOGNIZED_NAME", 112],
      ["TLSV13_ALERT_CERTIFICATE_REQUIRED", 116],
      ["TLSV1_ALERT_NO_APPLICATION_PROTOCOL", 120],
    ]
    for (const [name, number] of alerts) {
      expect(describeTlsFailure(`ERR_SSL_${name}`)).toMatch(new RegExp(`^it .* \\(alert ${number}, [a-z_]+\\)$`))
    }
    expect(describeTlsFailure("ERR_SSL_SOMETHING_NEW")).toBe("TLS failed with ERR_SSL_SOMETHING_NEW")
  })

  it("has the same description everywhere", () => {
    const code = "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"
    const words = "it does not trust the CA of this side's certificate (alert 48, unknown_ca)"
    expect(describeCloseReason({ _tag: "TransportFailed", code })).toBe(`TLS: ${words}`)
    expect(describeCloseReason({ _tag: "TransportFailed", code: "EIO" })).toBe("the transport failed (EIO)")
    expect(describeRefusal({ _tag: "HandshakeFailed", code })).toBe(`TLS: ${words}`)
    const failed = { endpoint: tcpEndpoint("localhost", 1), reason: "TlsFailed" } as const
    expect(new ConnectError({ ...failed, code }).message).toContain(`TLS with the server failed: ${words}`)
    const problem = "its certificate is for a, not for b"
    expect(new ConnectError({ ...failed, code: "ERR_TLS_CERT_ALTNAME_INVALID", problem }).message).toMatch(
      /its certificate is for a, not for b; request a server name that the certificate has$/,
    )
  })

  it("is lasting if a setting or a certificate must change, and else temporary", () => {
    const lasting = [
      ...["CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNSPECIFIED"],
      ...["ERR_TLS_CERT_ALTNAME_INVALID", "ERR_SSL_UNSUPPORTED_PROTOCOL", "ERR_SSL_NO_SHARED_CIPHER"],
      ...["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"],
      ...["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE"],
    ]
    const passing = [
      ...[
        "ECONNRESET",
        "EPIPE",
        "ECONNREFUSED",
        "ERR_TLS_NO_HELLO",
        "ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR",
        "ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC",
      ],
      ...["ERR_SSL_UNEXPECTED_EOF_WHILE_READING", "ERR_SSL_SOMETHING_NEW"],
    ]
    expect(lasting.filter((code) => !isLastingTlsFailure(code))).toEqual([])
    expect(passing.filter(isLastingTlsFailure)).toEqual([])
    expect(lasting.filter((code) => !isTlsCode(code))).toEqual([])
    expect(["ECONNRESET", "EIO", "ENOBUFS"].filter(isTlsCode)).toEqual([])
  })
})
