// The bytes of the Telnet protocol (RFC 854) that tcpfx needs.

export const carriageReturn = 0x0d
export const lineFeed = 0x0a
/** IAC: the next byte is a command. A data byte of this value is sent twice. */
export const interpretAsCommand = 0xff
/** The smallest command: EOF (RFC 1184). The commands of RFC 854 begin at SE, 240. */
export const firstCommand = 0xec
/** SE: the end of a subnegotiation. */
export const subnegotiationEnd = 0xf0
/** SB: the start of a subnegotiation. */
export const subnegotiation = 0xfa
/** WILL: the peer wants to use an option. */
export const will = 0xfb
/** WONT: the peer does not use an option, or stops using it. */
export const wont = 0xfc
/** DO: the peer asks this side to use an option. */
export const doOption = 0xfd
/** DONT: the peer asks this side not to use an option. */
export const dont = 0xfe
/** The option TIMING-MARK (RFC 860). It is no mode: each request needs an answer of its own. */
export const timingMark = 0x06
