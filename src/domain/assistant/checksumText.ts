import * as Either from "effect/Either"
import { findChecksum } from "./checksums.ts"
import { LineReader, type Setting, type Word } from "./LineReader.ts"
import type { ChecksumSpec } from "./Payload.ts"
import type { Refusal } from "./Refusal.ts"
import { refuse } from "./refuse.ts"

const checksumSettings = ["order", "from", "to", "at"] as const

/**
 * Reads a checksum in its written form: the settings of a payload without `checksum=` in front.
 *
 * @example
 * import { Either } from "effect"
 * import { Assistant } from "tcpfx/domain"
 *
 * assert.deepEqual(
 *   Assistant.parseChecksum("crc16-x25 order=big from=2"),
 *   Either.right({ kind: "crc16-x25", order: "big", from: 2 }),
 * )
 */
export const parseChecksum = (text: string): Either.Either<ChecksumSpec, Refusal> =>
  Either.gen(function* () {
    const reader = new LineReader(text)
    const value = yield* reader.word()
    if (value === undefined) return yield* reader.refuseAt(0, "the name of a checksum is missing", "Such as modbus.")
    const settings = new Map<string, Setting>()
    while (!reader.isAtEnd()) {
      const { at } = reader
      const setting = yield* reader.setting(checksumSettings)
      if (setting === undefined) {
        const written = JSON.stringify(reader.peek() ?? reader.rest())
        return yield* reader.refuseAt(at, `${written} is not a setting of a checksum`, "Such as: modbus order=big.")
      }
      if (settings.has(setting.key)) return yield* reader.refuseAt(at, `${setting.key}= is given twice`)
      settings.set(setting.key, setting)
    }
    return yield* checksumWith(reader, value, settings)
  })

/** Reads the checksum of a payload from the settings of the payload. */
export const checksumOf = (
  reader: LineReader,
  settings: ReadonlyMap<string, Setting>,
): Either.Either<ChecksumSpec | undefined, Refusal> =>
  Either.gen(function* () {
    const kind = settings.get("checksum")
    const parts = checksumSettings.flatMap((key) => settings.get(key) ?? [])
    if (kind === undefined) {
      const [first] = parts
      if (first === undefined) return undefined
      return yield* reader.refuseAt(first.at, `${first.key}= needs checksum=`, "Such as checksum=modbus.")
    }
    return yield* checksumWith(reader, kind.value, settings)
  })

const checksumWith = (
  reader: LineReader,
  kind: Word,
  settings: ReadonlyMap<string, Setting>,
): Either.Either<ChecksumSpec, Refusal> =>
  Either.gen(function* () {
    yield* Either.mapLeft(findChecksum(kind.text), atPlace(kind.at))
    const order = settings.get("order")
    if (order !== undefined && order.value.text !== "big" && order.value.text !== "little") {
      return yield* reader.refuseAt(order.value.at, `order=${order.value.text} is unknown; expected big or little`)
    }
    const offsets: { from?: number; to?: number; at?: number } = {}
    for (const key of ["from", "to", "at"] as const) {
      const setting = settings.get(key)
      if (setting === undefined) continue
      const offset = /^-?[0-9]{1,15}$/.test(setting.value.text) ? Number(setting.value.text) : undefined
      if (offset === undefined) {
        return yield* reader.refuseAt(setting.value.at, `${key}=${setting.value.text} is not an offset in bytes`)
      }
      offsets[key] = offset === 0 ? 0 : offset
    }
    const spec: ChecksumSpec = {
      kind: kind.text,
      ...(order === undefined ? {} : { order: order.value.text === "big" ? "big" : "little" }),
      ...offsets,
    }
    return spec
  })

/** Adds an offset in the line to a refusal. */
const atPlace =
  (at: number) =>
  (refusal: Refusal): Refusal =>
    Either.merge(
      refuse("syntax", `${refusal.message}, at character ${at + 1}`, {
        at,
        ...(refusal.advice === undefined ? {} : { advice: refusal.advice }),
      }),
    )
