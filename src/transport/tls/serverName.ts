import { domainToASCII } from "node:url"
import { isIpAddress } from "../../domain/ipAddress.ts"

/**
 * The name of a server for SNI (RFC 6066, section 3), which is ASCII without a dot at its end. Certificates have names in
 * this form too. Empty for an address, because SNI carries names only.
 */
export const serverNameOf = (name: string): string => {
  if (isIpAddress(name)) return ""
  // A name in ASCII stays as it is: `domainToASCII` would read some names, such as "1", as an address.
  const ascii = /^[\0-\x7f]*$/.test(name) ? name : domainToASCII(name)
  return ascii.replace(/\.$/, "") || name
}
