import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Domain from "../../domain/assistant/index.ts"
import { GapBlocks } from "../output/GapBlocks.ts"

type Row = Domain.LogRow

// The limit of a block, bytes. A row of the log contains only the beginning of a long frame, so a block of long frames
// would have gaps.
const mostBytes = 4096
// The number of the stream in the window of a client. All its rows come from one server, and have no connection number.
const onlyStream = 0

const streamOf = ({ id, kind }: Row): number | undefined => (kind === "received" ? (id ?? onlyStream) : undefined)

const streamsBefore = ({ id, to }: Row): ReadonlyArray<number> | "all" => to?.first ?? (id === undefined ? "all" : [id])

const joined = (rows: readonly [Row, ...Array<Row>], part: "text" | "hex", between: string) => {
  const parts = rows.map((row) => row[part])
  return parts.includes(undefined) ? {} : { [part]: parts.join(between) }
}

/** Joins the rows of one block. A character that is split over two reads is in the second row. */
const join = (rows: readonly [Row, ...Array<Row>]): Row => ({
  ...rows[0],
  ...joined(rows, "text", ""),
  ...joined(rows, "hex", " "),
  bytes: rows.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
  ...(rows.some(({ cut }) => cut === true) ? { cut: true } : {}),
})

/** Joins new rows of received data into blocks. A block is kept until the gap after it is over. */
export class RowBlocks {
  private readonly blocks: GapBlocks<Row>
  private readonly onPause: () => void
  private timer: NodeJS.Timeout | undefined

  private constructor(gap: Duration.Duration, onPause: () => void) {
    this.onPause = onPause
    this.blocks = new GapBlocks({
      streamOf,
      at: ({ at }) => at,
      bytes: ({ bytes = 0 }) => bytes,
      streamsBefore,
      join,
      gapMillis: Duration.toMillis(gap),
      mostBytes,
    })
  }

  /**
   * Joins data that arrives within `gap`. Calls `onPause` when the gap after a kept block is over, so that the caller
   * calls `take` for the block. After the end of the scope, `onPause` is not called.
   */
  static readonly make = (gap: Duration.Duration, onPause: () => void): Effect.Effect<RowBlocks, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.sync(() => new RowBlocks(gap, onPause)),
      (blocks) => Effect.sync(() => clearTimeout(blocks.timer)),
    )

  /** Adds new rows, and returns the rows and blocks that are complete. */
  take(rows: ReadonlyArray<Row>): ReadonlyArray<Row> {
    const now = Date.now()
    const done = [...this.blocks.push(rows), ...this.blocks.pause(now)]
    clearTimeout(this.timer)
    const left = this.blocks.millisLeft(now)
    this.timer = left === undefined ? undefined : setTimeout(this.onPause, Math.ceil(left))
    return done
  }
}
