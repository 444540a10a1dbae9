/** Returns why a payload above the limit is refused, or `undefined` for a payload within the limit. */
export const aboveLimit = (payload: Uint8Array, maxFrameBytes: number): string | undefined =>
  payload.length > maxFrameBytes ? `its ${payload.length} bytes are above the limit of ${maxFrameBytes}` : undefined
