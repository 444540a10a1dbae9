export { cobs } from "./framings/cobs.ts"
export {
  type DecodeFailure,
  type FrameDecoder,
  type Framing,
  type Refusal,
  type RunSink,
  type SkipCause,
  skipCauses,
  type TotalFraming,
} from "./framings/contract.ts"
export { delimited } from "./framings/delimited.ts"
export { fixed } from "./framings/fixed.ts"
export { gap } from "./framings/gap.ts"
export { json } from "./framings/json.ts"
export { type LengthPrefixedOptions, lengthPrefixed, varint } from "./framings/lengthPrefixed.ts"
export { line } from "./framings/line.ts"
export { type FramingOptions, make } from "./framings/make.ts"
export { netstring } from "./framings/netstring.ts"
export { forms, framings, parse } from "./framings/parse.ts"
export { raw } from "./framings/raw.ts"
export { refuse } from "./framings/refusals.ts"
export { slip } from "./framings/slip.ts"
export {
  frame,
  type Invalid,
  invalid,
  type Need,
  need,
  type Step,
  type TooLong,
  tooLong,
  type WholeFrame,
} from "./framings/steps.ts"
export { cutSome, encodeFrame, wireOf } from "./framings/useFraming.ts"
