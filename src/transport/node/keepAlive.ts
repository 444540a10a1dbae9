// The highest value of TCP_KEEPIDLE, seconds (tcp(7), MAX_TCP_KEEPIDLE).
const longestSilence = 32_767

/** The value of TCP_KEEPIDLE, in whole seconds (tcp(7)). */
export const keepAliveSeconds = (afterMillis: number): number => Math.min(Math.ceil(afterMillis / 1000), longestSilence)
