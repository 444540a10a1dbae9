/**
 * Whether the kernel has forgotten the peer of a handle (getpeername(2), ENOTCONN), as it does at an RST. libuv no longer
 * watches a socket after the peer's FIN, so an RST that follows shows in no other way. A handle without `getpeername`, as of a
 * unix socket, is never gone.
 */
export const isPeerGone = (handle: object): boolean => {
  const getpeername: unknown = Reflect.get(handle, "getpeername")
  return typeof getpeername === "function" && Reflect.apply(getpeername, handle, [{}]) !== 0
}
