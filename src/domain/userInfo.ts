/**
 * Returns an address with `***` in place of its user and password, for an error message. Everything up to the last "@"
 * counts, because the address may be invalid.
 */
export const withoutUserInfo = (address: string): string => address.replace(/^(\w+:\/\/)?.*@/s, "$1***@")

/** Decodes the user and the password of a URL. Returns `undefined` if an escape in them is not valid. */
export const userInfoOf = ({ password, username }: URL): { user: string; password: string } | undefined => {
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
  } catch {
    return undefined
  }
}
