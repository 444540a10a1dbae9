export { type Codec, type EffectCodec, isSettled } from "./codecs/contract.ts"
export { fromSchema, json } from "./codecs/fromSchema.ts"
export { atOnce, type Packing, packed } from "./codecs/packed.ts"
export { bytes, text } from "./codecs/text.ts"
