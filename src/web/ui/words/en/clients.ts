import { plural } from "./plural.ts"

/** Words of the list of clients and of the rates. */
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
  nobodyYet: "Nobody is connected yet.",
  fromTerminal: "From another terminal:",
  startFirst: "Start listening, and clients can connect.",
  noClientMatches: "No client matches.",
  matchingOf: (matching: number, total: number) =>
    matching === total ? plural(total, "client", "clients") : `${matching} of ${total} clients`,
  selectedClients: (count: number) => `${count} selected`,
  pauseClient: "Pause",
  resumeClient: "Read on",
  rename: "Rename",
  name: "Name",
  tag: "Tag",
  untag: (tag: string) => `Take away the tag ${tag}`,
  addTag: "Add",
  kick: "Kick",
  reset: "Reset",
  encoding: "Encoding",
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
  bytesTotal: "Bytes in all",
  framesTotal: "Frames in all",
  ratesChart: "Bytes per second of the last ten minutes. The table above has the figures.",
} as const
