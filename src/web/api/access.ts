// How a page finds its server and shows that it may use it: the page, the server and the tests share these.

/** Name of the query parameter that carries the token. */
export const tokenParameter = "token"

/** Path of the WebSocket of the calls. */
export const rpcPath = "/rpc"

/** Path of the download of a log: `?tab=…&format=…&filter=…&language=…`, the filter as JSON of a `LogFilter`. */
export const savePath = "/save"

/** Path of the form that takes a password. */
export const loginPath = "/login"

/** Path that the browser is started with: `?code=…` is good for one time and buys the address with the token. */
export const openPath = "/open"

/** Path of the script of refusal pages: it goes back to the page when this browser tab still has the token. */
export const returnPath = "/return.js"

/** Name under which the page keeps the token in `sessionStorage`, which belongs to one tab of the browser. */
export const tokenKey = "tcpfx.token"

/** The parts of a browser's window that hold the token. */
export interface TokenPlaces {
  readonly location: { readonly pathname: string; readonly search: string; readonly hash: string }
  readonly history: { readonly replaceState: (data: unknown, unused: string, url: string) => void }
  readonly sessionStorage: {
    readonly getItem: (key: string) => string | null
    readonly setItem: (key: string, value: string) => void
  }
}

/**
 * The token of this page, or none. A token in the address moves from there to `sessionStorage`, so that neither the
 * address bar nor a picture of the screen shows it. A reload finds it there: the server answers an address without a token
 * with a page that looks into `sessionStorage` and comes back (`returnScript`).
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
 * The script at {@link returnPath}. It takes the token out of `sessionStorage` before it uses it, so that a token that the
 * server no longer knows is tried once and not for ever; the page puts it back.
 */
export const returnScript = `const token = sessionStorage.getItem(${JSON.stringify(tokenKey)})
if (token !== null) {
  sessionStorage.removeItem(${JSON.stringify(tokenKey)})
  location.replace("/?${tokenParameter}=" + encodeURIComponent(token) + location.hash)
}
`

/** Address of the WebSocket for a page at `origin` (`http://127.0.0.1:8080`). */
export const rpcUrl = (origin: string, token: string): string =>
  `${origin.replace(/^http/, "ws")}${rpcPath}?${tokenParameter}=${encodeURIComponent(token)}`
