/** A contender: a shell command. The bench replaces `TCPFX`, `FILE` and `PORT` in it. */
export interface Contender {
  readonly name: string
  readonly command: string
  /** The program that must be installed. */
  readonly needs?: string
}

/** A floor of the figure: a ratio to another contender in the same run, or a rate. */
export interface Floor {
  readonly of: string | "rate"
  readonly value: number
}

/** One row of the report: a path of bytes through the command, and the programs that are compared on it. */
export interface Row {
  readonly id: string
  readonly title: string
  /**
   * `up`: the contender sends a file to a sink. `down`: it receives from a source. `serve`: it listens, and a client
   * sends to it.
   */
  readonly work: "up" | "down" | "serve"
  readonly bytes: number
  readonly quickBytes: number
  /** The kind of the bytes that the client of `serve` sends. */
  readonly kind: "zeros" | "lines"
  readonly unit: "MB" | "lines"
  /** Whether the floors include a bound of the memory. */
  readonly isBounded: boolean
  /** The first contender is tcpfx. */
  readonly contenders: readonly [Contender, ...ReadonlyArray<Contender>]
  readonly floors: ReadonlyArray<Floor>
}

const gibibyte = 1024 ** 3
const mebibyte = 1024 ** 2

const pipe = { isBounded: true, kind: "zeros", unit: "MB", bytes: gibibyte, quickBytes: 64 * mebibyte } as const

const served = (id: string, title: string, args: string, row: Pick<Row, "kind" | "unit" | "floors">): Row => ({
  ...row,
  id,
  title,
  work: "serve",
  isBounded: false,
  bytes: 256 * mebibyte,
  quickBytes: 16 * mebibyte,
  contenders: [{ name: "tcpfx serve", command: `TCPFX serve 127.0.0.1:PORT ${args} >/dev/null` }],
})

/** All rows, in the order of the report. */
export const rows: ReadonlyArray<Row> = [
  {
    ...pipe,
    id: "up",
    title: "connect < file, raw",
    work: "up",
    contenders: [
      { name: "tcpfx connect", command: "TCPFX connect 127.0.0.1 PORT <FILE >/dev/null" },
      { name: "ncat", needs: "ncat", command: "ncat --send-only 127.0.0.1 PORT <FILE" },
      { name: "socat", needs: "socat", command: "socat -u STDIN TCP:127.0.0.1:PORT <FILE" },
    ],
    floors: [
      { of: "ncat", value: 1 },
      { of: "socat", value: 0.9 },
    ],
  },
  {
    ...pipe,
    id: "down",
    title: "connect > /dev/null, raw",
    work: "down",
    contenders: [
      { name: "tcpfx connect", command: "TCPFX connect 127.0.0.1 PORT </dev/null >/dev/null" },
      { name: "ncat", needs: "ncat", command: "ncat --recv-only 127.0.0.1 PORT >/dev/null" },
      { name: "socat", needs: "socat", command: "socat -u TCP:127.0.0.1:PORT STDOUT >/dev/null" },
    ],
    floors: [
      { of: "ncat", value: 1 },
      { of: "socat", value: 0.9 },
    ],
  },
  {
    ...pipe,
    id: "serve-raw",
    title: "serve --output raw > /dev/null, one client",
    work: "serve",
    contenders: [
      { name: "tcpfx serve", command: "TCPFX serve 127.0.0.1:PORT --output raw >/dev/null" },
      { name: "ncat -l", needs: "ncat", command: "ncat -v -l --recv-only 127.0.0.1 PORT >/dev/null" },
    ],
    floors: [{ of: "ncat -l", value: 0.8 }],
  },
  served("json-lines", "serve --output json, 64-byte lines", "--frame line --output json", {
    kind: "lines",
    unit: "lines",
    floors: [{ of: "rate", value: 250_000 }],
  }),
  served("json-reads", "serve --output json, raw reads of text", "--output json", {
    kind: "lines",
    unit: "MB",
    floors: [{ of: "rate", value: 120 }],
  }),
  served("json-zeros", "serve --output json, raw reads of zeros, each zero escaped in the text", "--output json", {
    kind: "zeros",
    unit: "MB",
    floors: [],
  }),
  served("text-lines", "serve, text output, 64-byte lines", "--frame line", {
    kind: "lines",
    unit: "lines",
    floors: [{ of: "rate", value: 600_000 }],
  }),
  served("text-zeros", "serve, text output, reads of zeros", "", {
    kind: "zeros",
    unit: "MB",
    floors: [{ of: "rate", value: 60 }],
  }),
]

/** In each row with `isBounded`, the peak resident memory of tcpfx must be below this limit, in MiB. */
export const mostRssMiB = 128
