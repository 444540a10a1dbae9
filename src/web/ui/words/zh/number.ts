/** A number as it is written in China. */
export const number = (value: number): string => value.toLocaleString("zh-CN")
