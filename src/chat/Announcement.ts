import { type CloseReason, describeCloseReason, escapeControls } from "../domain/index.ts"

/** A message of the chat to all its clients. */
export type Announcement =
  | { readonly _tag: "Joined"; readonly name: string }
  | { readonly _tag: "Renamed"; readonly before: string; readonly name: string; readonly byOperator: boolean }
  | { readonly _tag: "Left"; readonly name: string; readonly reason: CloseReason; readonly farewell?: string }

/** The reason why a client left, in words. */
export const leavingWords = ({
  farewell,
  reason,
}: Pick<Extract<Announcement, { _tag: "Left" }>, "farewell" | "reason">): string => {
  if (farewell !== undefined) return farewell === "" ? "/quit" : `/quit ${escapeControls(farewell)}`
  switch (reason._tag) {
    case "PeerClosed":
      return "closed the connection"
    case "PeerReset":
      return "reset the connection"
    case "Kicked":
      return "kicked by the operator"
    default:
      return describeCloseReason(reason)
  }
}

/** An announcement in words, without the mark before it. */
export const announcementText = (announcement: Announcement): string => {
  switch (announcement._tag) {
    case "Joined":
      return `${announcement.name} joined`
    case "Renamed":
      return `${announcement.before} is now ${announcement.name}${announcement.byOperator ? ", by the operator" : ""}`
    case "Left":
      return `${announcement.name} left: ${leavingWords(announcement)}`
  }
}
