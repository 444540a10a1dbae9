// The most that TCP_KEEPIDLE takes, seconds (tcp(7), MAX_TCP_KEEPIDLE).
const longestSilence = 32_767

/** TCP_KEEPIDLE (tcp(7)), which is in whole seconds. */
export const keepAliveSeconds = (afterMillis: number): number => Math.min(Math.ceil(afterMillis / 1000), longestSilence)
