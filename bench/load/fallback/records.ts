import { Messages } from "./messages.ts"

export const protocols = ["raw", "nats", "redis"] as const
export type Protocol = (typeof protocols)[number]

interface Shape {
  readonly sendHead: string
  readonly receiveHead: string
  readonly tail: string
}

const shapes: Readonly<Record<Protocol, (size: number) => Shape>> = {
  raw: () => ({ sendHead: "", receiveHead: "", tail: "" }),
  nats: (size) => ({ sendHead: `PUB x ${size}\r\n`, receiveHead: `MSG x 1 ${size}\r\n`, tail: "\r\n" }),
  redis: (size) => ({
    sendHead: `*3\r\n$7\r\nPUBLISH\r\n$1\r\nx\r\n$${size}\r\n`,
    receiveHead: `*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$${size}\r\n`,
    tail: "\r\n",
  }),
}

/** How a message is sent or received: between a head and a tail that are the same for all. */
class Envelope {
  readonly head: Buffer
  readonly tail: Buffer
  /** Bytes of a whole record. */
  readonly size: number
  private readonly messages: Messages

  constructor(messages: Messages, head: string, tail: string) {
    this.messages = messages
    this.head = Buffer.from(head, "latin1")
    this.tail = Buffer.from(tail, "latin1")
    this.size = this.head.length + messages.size + this.tail.length
  }

  write(into: Buffer, at: number, publisher: number, sequence: number): void {
    this.head.copy(into, at)
    this.messages.write(into, at + this.head.length, publisher, sequence)
    this.tail.copy(into, at + this.head.length + this.messages.size)
  }
}

/** What a message of one size looks like in a protocol, on its way to the server and from it. */
export class Records {
  readonly protocol: Protocol
  readonly messages: Messages
  readonly sent: Envelope
  readonly received: Envelope

  constructor(protocol: Protocol, size: number) {
    this.protocol = protocol
    this.messages = new Messages(size)
    const { sendHead, receiveHead, tail } = shapes[protocol](size)
    this.sent = new Envelope(this.messages, sendHead, tail)
    this.received = new Envelope(this.messages, receiveHead, tail)
  }
}
