/**
 * The field of messages with which `Requests` sends a message without a step of a fiber. Returns `false` if the sender
 * must then wait for `drained`. Returns `undefined`, and sends nothing, if the message needs the effect `send`, for
 * example because the codec is asynchronous.
 */
export const sendAtOnce: unique symbol = Symbol.for("tcpfx/protocol/sendAtOnce")
