/**
 * The tallest element that the log makes. Browsers cap the height of an element at 16 to 33 million pixels; taller logs
 * are mapped on this height by ratio.
 */
export const tallest = 8_000_000

/** How a log of some height is mapped on a scroll bar. Heights and positions are in pixels. */
export interface Scale {
  /** Height of all rows. */
  readonly content: number
  /** Height of the view. */
  readonly view: number
}

/** Height of the element that gives the scroll bar its length. */
export const spacerOf = (scale: Scale): number => Math.min(scale.content, tallest)

/** The furthest position of the content. */
export const lastTop = (scale: Scale): number => Math.max(0, scale.content - scale.view)

const lastScroll = (scale: Scale): number => Math.max(0, spacerOf(scale) - scale.view)

/** The position of the content that a position of the scroll bar stands for. */
export const topOf = (scale: Scale, scrollTop: number): number => {
  const most = lastScroll(scale)
  if (most === 0) return 0
  return Math.min(1, Math.max(0, scrollTop / most)) * lastTop(scale)
}

/** The position of the scroll bar that stands for a position of the content. */
export const scrollOf = (scale: Scale, top: number): number => {
  const most = lastTop(scale)
  if (most === 0) return 0
  return Math.min(1, Math.max(0, top / most)) * lastScroll(scale)
}

/** Whether a position of the scroll bar is the position of the content. */
export const isExact = (scale: Scale): boolean => scale.content <= tallest

/**
 * The position of the content after the scroll bar has moved. A short way is one of the wheel, a finger or a key, and
 * moves the content by as many pixels; a long one is a drag of the thumb, and goes by ratio. After short ways the bar is
 * no longer where it should be: the log puts it right when the movement has ended, or has met an end of the bar.
 */
export const moved = (scale: Scale, top: number, from: number, to: number): number => {
  if (isExact(scale)) return Math.min(lastTop(scale), Math.max(0, to))
  const way = to - from
  if (Math.abs(way) > scale.view * 2) return topOf(scale, to)
  return Math.min(lastTop(scale), Math.max(0, top + way))
}
