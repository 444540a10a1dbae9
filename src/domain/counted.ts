/** Formats a number of things: "1 frame", "2 frames". */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`
