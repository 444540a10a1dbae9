/** The version of this package. The build inserts the version of package.json. */
export const version: string = process.env["TCPFX_VERSION"] ?? "0.0.0"
