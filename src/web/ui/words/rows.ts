import type { RowWords } from "../log/rowText.ts"
import { words } from "./index.ts"

/** The words that rows of the log need, in the language of the page. */
export const rowWords = (): RowWords & { readonly dropped: (count: number) => string } => ({
  clients: words.value.rowClients,
  received: words.value.rowReceived,
  sent: words.value.rowSent,
  announcement: words.value.rowAnnouncement,
  dropped: words.value.dropped,
})
