/**
 * Whether the kernel has forgotten the peer of a handle (getpeername(2), ENOTCONN), as it does after an RST. libuv
 * stops watching a socket after the peer's FIN, so it reports no later RST. A handle without `getpeername`, such as the
 * handle of a unix socket, is never gone.
 */
export const isPeerGone = (handle: object): boolean => {
  const getpeername: unknown = Reflect.get(handle, "getpeername")
  return typeof getpeername === "function" && Reflect.apply(getpeername, handle, [{}]) !== 0
}
