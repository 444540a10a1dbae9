/** The fields of a `TlsError` for a key or a file whose passphrase is wrong or missing. */
export const passphraseFailure = (hasPassphrase: boolean) =>
  hasPassphrase
    ? { problem: "its passphrase is wrong" }
    : { problem: "it is encrypted, and its passphrase is missing", lacksPassphrase: true }
