/** A number with the digit separators of Chinese. */
export const number = (value: number): string => value.toLocaleString("zh-CN")
