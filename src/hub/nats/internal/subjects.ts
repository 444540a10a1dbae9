/**
 * Encodes any text as one token of a subject of NATS. Letters, digits, "-" and "_" stay; every other byte of the UTF-8 form
 * becomes "=" and two hexadecimal digits. The empty text becomes "=".
 */
export const tokenOf = (text: string): string => {
  if (text === "") return "="
  let token = ""
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte)
    token += /[A-Za-z0-9_-]/.test(character) ? character : `=${byte.toString(16).padStart(2, "0")}`
  }
  return token
}

/** The subjects of a hub. */
export interface Subjects {
  /** The beginning of all subjects of the hub. */
  readonly prefix: string
  /** The frames of the hub itself. */
  readonly all: string
  /** The frames of a room. */
  readonly room: (name: string) => string
  /** The announcements of the nodes. They have no framing, so that nodes with different framings find each other. */
  readonly nodes: string
  /** The marks in the history of the hub. */
  readonly marks: string
  /** The name of the stream with the history of the hub. */
  readonly stream: string
}

/** Makes the subjects of a hub with a name and a framing. */
export const subjectsOf = (hub: string, framing: string): Subjects => {
  const base = `tcpfx.${tokenOf(hub)}`
  const frames = `${base}.${tokenOf(framing)}`
  return {
    prefix: `${base}.`,
    all: `${frames}.all`,
    room: (name) => `${frames}.room.${tokenOf(name)}`,
    nodes: `${base}.nodes`,
    marks: `${frames}.mark`,
    stream: `tcpfx_${tokenOf(hub)}_${tokenOf(framing)}`,
  }
}
