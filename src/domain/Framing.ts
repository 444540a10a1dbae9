export { cobs } from "./framings/cobs.ts"
export {
  type DecodeFailure,
  type FrameDecoder,
  type Framing,
  type RunSink,
  type SkipCause,
  skipCauses,
} from "./framings/contract.ts"
export { delimited } from "./framings/delimited.ts"
export { fixed } from "./framings/fixed.ts"
export { gap } from "./framings/gap.ts"
export { json } from "./framings/json.ts"
export { type LengthPrefixedOptions, lengthPrefixed, varint } from "./framings/lengthPrefixed.ts"
export { line } from "./framings/line.ts"
export { netstring } from "./framings/netstring.ts"
export { forms, framings, parse } from "./framings/parse.ts"
export { raw } from "./framings/raw.ts"
export { slip } from "./framings/slip.ts"
export { cutSome, encodeFrame } from "./framings/useFraming.ts"
