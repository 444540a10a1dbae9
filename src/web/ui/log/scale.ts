/**
 * The maximum height of the element that gives the scroll bar its length, pixels. Browsers limit the height of an
 * element to 16 to 33 million pixels, so a taller log is scaled to this height.
 */
export const tallest = 8_000_000

/** The heights that map a log to a scroll bar. Heights and positions are in pixels. */
export interface Scale {
  /** The height of all rows. */
  readonly content: number
  /** The height of the view. */
  readonly view: number
}

/** The height of the element that gives the scroll bar its length. */
export const spacerOf = (scale: Scale): number => Math.min(scale.content, tallest)

/** The position of the content when the log is scrolled to its end. */
export const lastTop = (scale: Scale): number => Math.max(0, scale.content - scale.view)

const lastScroll = (scale: Scale): number => Math.max(0, spacerOf(scale) - scale.view)

/** Converts a position of the scroll bar to a position of the content. */
export const topOf = (scale: Scale, scrollTop: number): number => {
  const most = lastScroll(scale)
  if (most === 0) return 0
  return Math.min(1, Math.max(0, scrollTop / most)) * lastTop(scale)
}

/** Converts a position of the content to a position of the scroll bar. */
export const scrollOf = (scale: Scale, top: number): number => {
  const most = lastTop(scale)
  if (most === 0) return 0
  return Math.min(1, Math.max(0, top / most)) * lastScroll(scale)
}

/** Whether positions of the scroll bar and of the content are equal, because the log is not scaled. */
export const isExact = (scale: Scale): boolean => scale.content <= tallest

/**
 * The position of the content after a movement of the scroll bar. The wheel, a finger or a key makes a short movement,
 * which moves the content by the same number of pixels. Dragging the thumb makes a long movement, which is scaled.
 * After short movements the scroll bar of a scaled log has a wrong position. The log corrects it when the movement ends
 * or reaches an end of the bar.
 */
export const moved = (scale: Scale, top: number, from: number, to: number): number => {
  if (isExact(scale)) return Math.min(lastTop(scale), Math.max(0, to))
  const way = to - from
  if (Math.abs(way) > scale.view * 2) return topOf(scale, to)
  return Math.min(lastTop(scale), Math.max(0, top + way))
}
