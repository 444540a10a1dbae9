/** The place of a frame on its connection. */
export interface FramePlace {
  /** The ordinal of the frame, from 1. */
  readonly frame: number
  /** The number of bytes that the peer sent before the frame. Absent if it is unknown. */
  readonly offset?: number | undefined
}

/** Describes a place in words, such as "frame 3, at byte 120". */
export const describePlace = ({ frame, offset }: FramePlace): string =>
  offset === undefined ? `frame ${frame}` : `frame ${frame}, at byte ${offset}`
