const tlsFailures: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "对方的证书已过期",
  CERT_NOT_YET_VALID: "对方的证书尚未生效",
  CERT_REVOKED: "对方的证书已被吊销",
  CERT_MISSING: "对方没有出示证书",
  DEPTH_ZERO_SELF_SIGNED_CERT: "对方的证书是自签名的，不受信任",
  SELF_SIGNED_CERT_IN_CHAIN: "签发对方证书的 CA 不受信任",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "签发对方证书的 CA 不受信任",
  UNABLE_TO_GET_ISSUER_CERT: "签发对方证书的 CA 不受信任",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "签发对方证书的 CA 不受信任",
  CERT_UNTRUSTED: "签发对方证书的 CA 不受信任",
  HOSTNAME_MISMATCH: "对方的证书属于其他名称",
  ERR_TLS_CERT_ALTNAME_INVALID: "对方的证书属于其他名称",
  ERR_SSL_WRONG_VERSION_NUMBER: "对方发送的不是 TLS",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "对方发送的不是 TLS",
  ERR_SSL_UNKNOWN_PROTOCOL: "对方发送的不是 TLS",
  ERR_SSL_HTTP_REQUEST: "对方发送的是明文 HTTP，而不是 TLS",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "双方没有共同的 TLS 版本",
  ERR_SSL_DH_KEY_TOO_SMALL: "对方的 Diffie-Hellman 密钥太短，不安全",
  ERR_TLS_DH_PARAM_SIZE: "对方的 Diffie-Hellman 密钥太短，不安全",
  ERR_SSL_EE_KEY_TOO_SMALL: "对方证书的密钥太短，不安全",
  ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED: "对方只支持不安全的重新协商",
  ERR_SSL_LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED: "对方用 SHA-1 或 MD5 签名",
  ERR_STARTTLS_REFUSED: "对方拒绝了 STARTTLS",
  ERR_STARTTLS_MISSING: "对方不提供 STARTTLS",
  ERR_STARTTLS_INVALID: "对方在握手之前发送的不是所选的协议",
  ERR_STARTTLS_INJECTED: "对方在握手之前发送了多余的数据，可能来自网络上的攻击者",
  ERR_STARTTLS_CLOSED: "对方在握手之前关闭了连接",
  ERR_STARTTLS_TIMEOUT: "对方在握手之前没有及时回答",
  ERR_SSL_NO_SHARED_CIPHER: "双方没有共同的加密套件",
  ERR_SSL_NO_CIPHERS_AVAILABLE: "本方列表中的加密套件都不能用于所选的 TLS 版本和 OpenSSL 的安全级别",
  ERR_SSL_NO_APPLICATION_PROTOCOL: "双方没有共同的 ALPN 协议",
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "对方没有出示证书",
  ERR_SSL_UNEXPECTED_EOF_WHILE_READING: "对方在握手期间关闭了连接",
  ECONNRESET: "对方在握手期间关闭了连接",
  EPIPE: "对方在握手期间关闭了连接",
  ERR_TLS_NO_HELLO: "对方没有发送任何数据就关闭了连接",
}

/** Describes the failure of a TLS handshake in Chinese, with its code. An unknown failure is only the code. */
export const chineseTlsFailure = (code: string): string => {
  const known = tlsFailures[code]
  return known === undefined ? code : `${known}（${code}）`
}
