// The policy forbids inline scripts and styles, files from other servers, and frames around the page. The referrer policy hides
// the address of the page from other sites.

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

/** Forbids caching: the answer is valid for this run only, or needs the token. */
export const notKept = { "cache-control": "no-store" } as const

/** Allows caching for a year, for a file whose name is a hash of its content. */
export const keptForEver = { "cache-control": "public, max-age=31536000, immutable" } as const
