export {
  EventNotSeen,
  type EventOf,
  type EventPattern,
  type EventProbe,
  type ProbeOptions,
  probe,
  type TaggedEvent,
} from "./EventProbe.ts"
export { type FramingLaw, FramingLawError, type FramingLawsOptions, framingLaws } from "./framingLaws.ts"
export { connect, layer, type TestingOptions } from "./testLayer.ts"
export { adjust, nextTurn, turns } from "./turns.ts"
