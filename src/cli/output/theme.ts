/** The values of `--theme`. */
export const themes = ["default", "blue-orange", "mono", "none"] as const
/**
 * The colours of rows in a terminal. `default`: sent data is red, received data has the colour of the terminal.
 * `blue-orange`: colours that people with any common colour blindness tell apart. `mono`: bold, underlined and dim text
 * without colours. `none`: plain text.
 */
export type Theme = (typeof themes)[number]

type Paint = (text: string) => string

/** Functions that add the codes of a theme to a text, or leave it unchanged if the output has no colours. */
export interface Palette {
  /** Times, messages, and other text beside the data. */
  readonly dim: Paint
  readonly received: Paint
  readonly sent: Paint
  /** A message about a success. */
  readonly good: Paint
  /** A message about a failure. */
  readonly problem: Paint
  /** The part of a text that matters most. */
  readonly bold: Paint
}

const plain: Paint = (text) => text
const code =
  (begin: string, end: string): Paint =>
  (text) =>
    `\u001b[${begin}m${text}\u001b[${end}m`

const dim = code("2", "22")
const bold = code("1", "22")
// The colours 33 and 208 of the table of 256 colours are readable on black and on white.
const blue = code("38;5;33", "39")

const palettes: Readonly<Record<Theme, Palette>> = {
  // Every terminal can show its default colour, so received data has no colour of its own.
  default: { dim, received: plain, sent: code("31", "39"), good: code("32", "39"), problem: code("33", "39"), bold },
  "blue-orange": {
    dim,
    received: blue,
    sent: code("38;5;208", "39"),
    good: blue,
    problem: code("1;38;5;208", "22;39"),
    bold,
  },
  mono: { dim, received: plain, sent: bold, good: plain, problem: code("4", "24"), bold },
  none: { dim: plain, received: plain, sent: plain, good: plain, problem: plain, bold: plain },
}

/** The palette of a theme. An output without colours has the palette of the theme `none`. */
export const paletteOf = (theme: Theme, hasColours: boolean): Palette => palettes[hasColours ? theme : "none"]
