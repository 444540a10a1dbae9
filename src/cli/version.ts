/** The version of this package; the build puts that of package.json here. */
export const version: string = process.env["TCPFX_VERSION"] ?? "0.0.0"
