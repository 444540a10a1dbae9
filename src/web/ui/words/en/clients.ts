import { plural } from "./plural.ts"

/** The words of the list of clients and of the rates. */
export const clients = {
  // Clients
  clients: "Clients",
  everyone: "All clients",
  findClient: "Name, address or tag",
  sortBy: "Sort by",
  sortId: "number",
  sortActivity: "activity",
  sortRate: "rate",
  sortName: "name",
  nobodyYet: "No client is connected yet.",
  fromTerminal: "From another terminal:",
  startFirst: "Clients can connect after you start listening.",
  noClientMatches: "No client matches.",
  matchingOf: (matching: number, total: number) =>
    matching === total ? plural(total, "client", "clients") : `${matching} of ${total} clients`,
  andOthers: (count: number) => `, ${count} of other servers`,
  otherServer: "other server",
  otherServerHint: (node: string) =>
    `A client of the server ${node}, which shares the hub. Only commands of that server reach it.`,
  selectedClients: (count: number) => `${count} selected`,
  pauseClient: "Pause",
  resumeClient: "Resume reading",
  rename: "Rename",
  name: "Name",
  tag: "Tag",
  untag: (tag: string) => `Remove the tag ${tag}`,
  addTag: "Add",
  kick: "Kick",
  reset: "Reset",
  encoding: "Encoding",
  unixClient: "unix client",
  paused: "paused",
  half: "half-closed",
  closing: "closing",
  since: "since",
  received: "received",
  sent: "sent",
  frames: (count: number) => plural(count, "frame", "frames"),
  showClients: "Clients and rules",
  hidePanel: "Hide",

  // Rates
  rates: "Rates",
  bytesPerSecond: "Bytes per second",
  framesPerSecond: "Frames per second",
  bytesTotal: "Total bytes",
  framesTotal: "Total frames",
  ratesChart: "Bytes per second of the last ten minutes. The table above has the numbers.",
} as const
