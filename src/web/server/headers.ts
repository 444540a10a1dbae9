// Headers of every answer. Nothing inline runs or styles, nothing is loaded from elsewhere, nobody frames the page, and no
// other site learns its address.

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ")

/** Headers of every answer. */
export const safetyHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
  "x-frame-options": "DENY",
}

/** For what must not be kept: it is of this run, or needs the token. */
export const notKept = { "cache-control": "no-store" } as const

/** For files whose name is a hash of their content. */
export const keptForEver = { "cache-control": "public, max-age=31536000, immutable" } as const
