import { takeToken } from "../../api/access.ts"

/** The token for the server of the page. The user opens the page with the token in its address: `/?token=…`. */
const token = takeToken(window) ?? ""

/** The address of the WebSocket that carries the calls. */
export const socketAddress = (): string => {
  const url = new URL("rpc", location.href)
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:"
  url.search = new URLSearchParams({ token }).toString()
  url.hash = ""
  return url.href
}

/** The address that downloads a log. */
export const saveAddress = (request: Readonly<Record<string, string>>): string => {
  const url = new URL("save", location.href)
  url.search = new URLSearchParams({ ...request, token }).toString()
  url.hash = ""
  return url.href
}
