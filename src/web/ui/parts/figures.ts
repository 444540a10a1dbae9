import { language } from "../state/preferences.ts"

const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const

/** A number of bytes with up to three digits: `12 B`, `1.2 KiB`, `340 MiB`. */
export const sizeText = (bytes: number): string => {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  const text = unit === 0 || value >= 100 ? Math.round(value).toString() : value.toFixed(value >= 10 ? 1 : 2)
  return `${text} ${units[unit]}`
}

export const rateText = (bytes: number): string => `${sizeText(bytes)}/s`

/** A count with the digit separators of the language. */
export const countText = (count: number): string => count.toLocaleString(language.value === "zh" ? "zh-CN" : "en")

/** A date and time in the format of the language. */
export const momentText = (at: number): string =>
  new Intl.DateTimeFormat(language.value === "zh" ? "zh-CN" : "en-GB", {
    dateStyle: "medium",
    timeStyle: "medium",
  }).format(at)
