import { takeToken } from "../../api/access.ts"

/** The token that opens the page's server. The page was opened with it in the address: `/?token=…`. */
const token = takeToken(window) ?? ""

/** Address of the WebSocket that carries the calls. */
export const socketAddress = (): string => {
  const url = new URL("rpc", location.href)
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:"
  url.search = new URLSearchParams({ token }).toString()
  url.hash = ""
  return url.href
}

/** Address of a download of a log. */
export const saveAddress = (request: Readonly<Record<string, string>>): string => {
  const url = new URL("save", location.href)
  url.search = new URLSearchParams({ ...request, token }).toString()
  url.hash = ""
  return url.href
}
