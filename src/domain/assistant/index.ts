export { suggestion } from "../nearest.ts"
export * from "./Command.ts"
export { applyChecksum, checksumNames, findChecksum } from "./checksums.ts"
export type { Checksum } from "./checksumTable.ts"
export { parseChecksum } from "./checksumText.ts"
export * from "./commandHelp.ts"
export { compileMatch, type FrameMatcher } from "./compileMatch.ts"
export { formatMillisExactly, longestMillis, readMillis } from "./durationText.ts"
export { filterForm, parseFilter, type WrittenFilter } from "./filterText.ts"
export * from "./formatCommand.ts"
export * from "./Log.ts"
export * from "./makePayload.ts"
export * from "./NameSource.ts"
export * from "./Outcome.ts"
export * from "./Payload.ts"
export * from "./parseCommand.ts"
export * from "./pastedBytes.ts"
export { frameBytesIn, variablesIn } from "./payloadPieces.ts"
export * from "./Recipients.ts"
export * from "./Refusal.ts"
export * from "./Rule.ts"
export { formatRecipient, formatRecipients, parseRecipients } from "./recipientsText.ts"
export * from "./resolveRecipients.ts"
export { parseRule } from "./ruleText.ts"
export * from "./State.ts"
export { mixedEncodings } from "./safeStart.ts"
export * from "./shownHex.ts"
export { type ShownText, shownText, type TextStyle } from "./shownText.ts"
export {
  latin1Coder,
  type TextCoder,
  type TextStreamDecoder,
  utf8Coder,
  utf16beCoder,
  utf16leCoder,
} from "./TextCoder.ts"
export { type VariableHelp, type VariableValues, variableHelp, variableValue } from "./variables.ts"
export * from "./WindowSettings.ts"
