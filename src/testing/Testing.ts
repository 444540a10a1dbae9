export {
  type EventFields,
  EventNotSeen,
  type EventOf,
  type EventPattern,
  type EventProbe,
  probe,
  type TaggedEvent,
} from "./EventProbe.ts"
export { type FramingLaw, FramingLawError, type FramingLawsOptions, framingLaws } from "./framingLaws.ts"
export type { WaitOptions } from "./internal/waitFor.ts"
export { connectPeer, dialPeer, listenForPeers, type PeerListener } from "./peers.ts"
export { receiveAll, receiveBytes, receiveText } from "./receive.ts"
export type { PeerOptions, ScriptedPeer } from "./ScriptedPeer.ts"
export { type Connecting, type Served, type ServeOptions, type Serving, serve } from "./serve.ts"
export { connect, endpoint, layer, type TestingOptions, type TestLayer } from "./testLayer.ts"
export { nextTurn, turns } from "./turns.ts"
export { UnexpectedBytes } from "./UnexpectedBytes.ts"
