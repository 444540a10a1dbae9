/** The sources of the name of a new client: its first line, the certificate that it presents, or its address. */
export const nameSources = ["firstline", "tls", "peer"] as const
export type NameSource = (typeof nameSources)[number]
