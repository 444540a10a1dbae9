import { counted } from "../../domain/counted.ts"
import { escapeControls, formatBytes } from "../../domain/index.ts"
import type { Summary } from "../control/answers.ts"
import { ageText } from "./clientTable.ts"

const traffic = (name: string, rate: number, bytes: number): string =>
  `${name} ${formatBytes(Math.round(rate))}/s, ${formatBytes(bytes)}`

/** The state of a server in two lines. */
export const summaryText = (summary: Summary): readonly [server: string, figures: string] => {
  const {
    accepting,
    at,
    bytesIn,
    bytesOut,
    clients,
    framing,
    listening,
    mode,
    pid,
    rateIn,
    rateOut,
    refused,
    remote,
    since,
  } = summary
  const place = listening.length === 0 ? "not listening" : listening.join(", ")
  const server = [
    `${place}${accepting === "yes" ? "" : ` (${accepting})`}`,
    `mode ${mode}`,
    ...(framing === "raw" ? [] : [`frames ${framing}`]),
    ...(summary.tls ? ["TLS"] : []),
    `up ${ageText(at - since)}`,
    `process ${pid}`,
    `tcpfx ${summary.version}`,
  ]
  const figures = [
    `${counted(clients, "client")}${remote === undefined ? "" : `, ${remote} of other servers`}`,
    traffic("in", rateIn, bytesIn),
    traffic("out", rateOut, bytesOut),
    `${refused} refused`,
  ]
  return [escapeControls(server.join(" · ")), escapeControls(figures.join(" · "))]
}
