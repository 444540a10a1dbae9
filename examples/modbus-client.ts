import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Client } from "tcpfx/client"
import { Codec, type EndpointInput, Framing } from "tcpfx/domain"
import { Messages, Requests } from "tcpfx/protocol"

/** A frame of Modbus/TCP: the id of the request, the unit behind the gateway, a function code and its data. */
const Adu = Schema.Struct({
  id: Schema.Number,
  unit: Schema.Number,
  code: Schema.Number,
  data: Schema.Uint8ArrayFromSelf,
})

/**
 * The length field of Modbus/TCP is at byte 4. The payload is the whole frame, because the id comes before the length
 * field.
 */
export const modbusFraming = Framing.lengthPrefixed({ field: "u16be", offset: 4 })

export const modbus = Codec.packed("modbus", Adu, {
  pack: ({ code, data, id, unit }) => {
    const frame = new Uint8Array(8 + data.length)
    const view = new DataView(frame.buffer)
    view.setUint16(0, id)
    view.setUint16(4, 2 + data.length)
    frame.set([unit, code], 6)
    frame.set(data, 8)
    return frame
  },
  unpack: (frame) => {
    if (frame.length < 8) throw new Error(`a frame has at least 8 bytes, and this one has ${frame.length}`)
    const view = new DataView(frame.buffer, frame.byteOffset)
    return { id: view.getUint16(0), unit: view.getUint8(6), code: view.getUint8(7), data: frame.subarray(8) }
  },
})

/** The device has refused a request with one of the exception codes of Modbus. */
export class ModbusException extends Data.TaggedError("ModbusException")<{ readonly exception: number | undefined }> {}

const readHoldingRegisters = 3
const words = (...values: ReadonlyArray<number>) =>
  Uint8Array.from(values.flatMap((value) => [value >> 8, value & 0xff]))

/** Connects to a device. Up to 16 requests are in flight at the same time. The connection ends with the scope. */
export const connectModbus = (device: EndpointInput) =>
  Effect.gen(function* () {
    const client = yield* Client.make({ frame: modbusFraming, maxFrame: 260 })
    const connection = yield* client.connect(device)
    const requests = yield* Requests.make(Messages.of(connection, { receive: modbus, send: modbus }), {
      correlate: { idOf: (reply) => reply.id, nextId: Requests.counter(0, 0xffff) },
      timeout: "2 seconds",
      maxInFlight: 16,
    })
    /** Reads `count` registers of a unit, beginning at the address. */
    const read = (unit: number, address: number, count: number) =>
      Effect.gen(function* () {
        const data = words(address, count)
        const reply = yield* requests.request((id) => ({ id, unit, code: readHoldingRegisters, data }))
        if (reply.code !== readHoldingRegisters) return yield* new ModbusException({ exception: reply.data[0] })
        const view = new DataView(reply.data.buffer, reply.data.byteOffset + 1)
        return Array.from({ length: count }, (_, index) => view.getUint16(2 * index))
      })
    return { read, state: requests.state }
  })
