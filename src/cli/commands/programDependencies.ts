import type { Dependency } from "../flags/dependencies.ts"

interface ProgramFacts {
  readonly hasProgram: boolean
}

const isMet = ({ hasProgram }: ProgramFacts): boolean => !hasProgram

/** The flags of `tcpfx serve` that have no effect together with a program. */
export const serveProgramDependencies: ReadonlyArray<
  Dependency<"frame" | "maxFrame" | "rule" | "rules", ProgramFacts>
> = [
  {
    flags: ["frame", "maxFrame", "rule", "rules"],
    isMet,
    problem: "has no effect with --exec or --sh-exec; a program reads and writes bytes without frames",
  },
]

type ConnectKey =
  | ("send" | "once" | "quit" | "shutdown" | "noShutdown" | "frame" | "maxFrame" | "ui")
  | ("eol" | "crlf" | "hex" | "checksum" | "rule" | "rules" | "macro")
  | ("until" | "noStdin" | "recvOnly" | "sendOnly" | "delay" | "lockstep")

/** The flags of `tcpfx connect` that have no effect together with a program. */
export const connectProgramDependencies: ReadonlyArray<Dependency<ConnectKey, ProgramFacts>> = [
  {
    flags: [
      ...(["send", "once", "quit", "shutdown", "noShutdown", "frame", "maxFrame", "ui"] as const),
      ...(["eol", "crlf", "hex", "checksum", "rule", "rules", "macro"] as const),
      ...(["until", "noStdin", "recvOnly", "sendOnly", "delay", "lockstep"] as const),
    ],
    isMet,
    problem: "has no effect with --exec or --sh-exec; the program alone talks to the server",
  },
]
