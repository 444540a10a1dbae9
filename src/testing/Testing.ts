export { type FramingLaw, FramingLawError, type FramingLawsOptions, framingLaws } from "./framingLaws.ts"
