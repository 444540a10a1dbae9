import { bracketed } from "../../../domain/hostText.ts"

/** Parses a port from a field; `undefined` for an invalid port. The full-width digits of a Chinese input method are valid. */
export const portOf = (text: string, least: 0 | 1): number | undefined => {
  const trimmed = text.normalize("NFKC").trim()
  if (!/^\d{1,5}$/.test(trimmed)) return undefined
  const port = Number(trimmed)
  return port >= least && port <= 65535 ? port : undefined
}

/** Joins an address and a port to an endpoint. */
export const endpointOf = (address: string, port: number): string => {
  const trimmed = address.trim().replace(/^\[(.*)\]$/, "$1")
  return `${bracketed(trimmed)}:${port}`
}

/** Splits an endpoint into address and port; `undefined` for a path. */
export const partsOf = (endpoint: string): { readonly address: string; readonly port: string } | undefined => {
  const match = /^(?:\[(.+)\]|([^:/]+)):(\d+)$/.exec(endpoint)
  const address = match?.[1] ?? match?.[2]
  const port = match?.[3]
  return address === undefined || port === undefined ? undefined : { address, port }
}
