/** The refusal of a payload above the limit, or `undefined`. */
export const aboveLimit = (payload: Uint8Array, maxFrameBytes: number): string | undefined =>
  payload.length > maxFrameBytes ? `its ${payload.length} bytes are above the limit of ${maxFrameBytes}` : undefined
