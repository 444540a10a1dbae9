import { computed, type ReadonlySignal } from "@preact/signals"
import { language } from "../state/preferences.ts"
import { en } from "./en.ts"
import type { Words } from "./Words.ts"
import { zh } from "./zh.ts"

/** The words of the chosen language. A change of the language renders each component that reads them. */
export const words: ReadonlySignal<Words> = computed(() => (language.value === "zh" ? zh : en))
