import { effect } from "@preact/signals"
import { isOneOf, keptForAll } from "./kept.ts"

export const languages = ["en", "zh"] as const
export type Language = (typeof languages)[number]

const wished = (): Language => {
  const first = navigator.languages.find((tag) => /^(en|zh)\b/i.test(tag))
  return first !== undefined && /^zh/i.test(first) ? "zh" : "en"
}

/** The language of the page, initially the language of the browser. */
export const language = keptForAll<Language>("language", wished(), isOneOf(languages))

export const themes = ["auto", "light", "dark"] as const
export type Theme = (typeof themes)[number]

/** The theme of the page. `auto` follows the system. */
export const theme = keptForAll<Theme>("theme", "auto", isOneOf(themes))

/** Copies language and theme to the attributes of the document, which style/base.css reads. */
export const applyPreferences = (): void => {
  effect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en"
  })
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value
  })
}
