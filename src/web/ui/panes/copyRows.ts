import type { LogRow } from "../../../domain/assistant/Log.ts"
import { ask } from "../link/ask.ts"
import { lineOf, type RowWords } from "../log/rowText.ts"
import { copyText } from "../parts/copyText.ts"
import { language } from "../state/preferences.ts"
import { toast } from "../state/toasts.ts"
import { filterOf, type WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { troubleText } from "../words/trouble.ts"

/** The maximum number of rows to copy. The user can save more rows as a file. */
const most = 10_000
const atOnce = 1000

/** Copies the rows of a range as lines of text. The page first reads the rows from the server. */
export const copyRows = (model: WindowModel, from: number, to: number, rowWords: RowWords): void => {
  const filter = filterOf(model, model.log.only.peek())
  const view = model.log.view.peek()
  const end = Math.min(to, from + most)
  const read = (at: number, rows: ReadonlyArray<LogRow>): void => {
    if (at >= end) {
      copyText(rows.map((row) => `${lineOf(row, view, rowWords)}\n`).join(""), (done) => {
        if (done) toast(words.value.copiedRows(rows.length))
      })
      return
    }
    const count = Math.min(atOnce, end - at)
    ask(
      (calls) =>
        calls.Rows({
          tab: model.tab,
          request: { ...(filter === undefined ? {} : { filter }), from: at, count, view, language: language.peek() },
        }),
      (answer) => {
        if (answer.ok) read(at + count, [...rows, ...answer.value])
        else toast(troubleText(answer.trouble).what, "problem")
      },
    )
  }
  read(from, [])
}
