// The paths and parameters by which a page reaches its server and proves that it is allowed to. The page, the server and the
// tests share them.

/** The query parameter with the token. */
export const tokenParameter = "token"

/** The path of the WebSocket that carries the calls. */
export const rpcPath = "/rpc"

/** The path that downloads a log: `?tab=…&format=…&filter=…&language=…`. The filter is the JSON of a `LogFilter`. */
export const savePath = "/save"

/** The path to which the browser posts the password form. */
export const loginPath = "/login"

/**
 * The path that tcpfx opens in a browser. `?code=…` is valid once. The answer redirects to the address with the token.
 */
export const openPath = "/open"

/** The path of the script of refusal pages. The script returns to the page if this browser tab still has the token. */
export const returnPath = "/return.js"

/** The key of the token in `sessionStorage`, which belongs to one tab of the browser. */
export const tokenKey = "tcpfx.token"

/** The parts of a browser's window that can contain the token. */
export interface TokenPlaces {
  readonly location: { readonly pathname: string; readonly search: string; readonly hash: string }
  readonly history: { readonly replaceState: (data: unknown, unused: string, url: string) => void }
  readonly sessionStorage: {
    readonly getItem: (key: string) => string | null
    readonly setItem: (key: string, value: string) => void
  }
}

/**
 * Returns the token of this page, or `undefined`. A token in the address moves from there to `sessionStorage`, so that neither
 * the address bar nor a picture of the screen shows it. After a reload the address has no token: the server answers with a
 * refusal page, whose script (`returnScript`) finds the token in `sessionStorage` and returns to the page.
 */
export const takeToken = ({ history, location, sessionStorage }: TokenPlaces): string | undefined => {
  const query = new URLSearchParams(location.search)
  const given = query.get(tokenParameter)
  if (given === null) return sessionStorage.getItem(tokenKey) ?? undefined
  sessionStorage.setItem(tokenKey, given)
  query.delete(tokenParameter)
  const rest = query.toString()
  history.replaceState(null, "", `${location.pathname}${rest === "" ? "" : `?${rest}`}${location.hash}`)
  return given
}

/**
 * The script at {@link returnPath}. It removes the token from `sessionStorage` before it uses the token, so that the browser
 * tries an expired token once and not in a loop. The page stores a valid token again.
 */
export const returnScript = `const token = sessionStorage.getItem(${JSON.stringify(tokenKey)})
if (token !== null) {
  sessionStorage.removeItem(${JSON.stringify(tokenKey)})
  location.replace("/?${tokenParameter}=" + encodeURIComponent(token) + location.hash)
}
`

/** The address of the WebSocket for a page at `origin` (`http://127.0.0.1:8080`). */
export const rpcUrl = (origin: string, token: string): string =>
  `${origin.replace(/^http/, "ws")}${rpcPath}?${tokenParameter}=${encodeURIComponent(token)}`
