import { describe, expect, it } from "vitest"
import { answerWith, choicesOf, questionRows } from "../../../src/cli/console/AddressChoice.ts"
import type { InterfaceAddress } from "../../../src/transport/index.ts"

const addresses: ReadonlyArray<InterfaceAddress> = [
  { name: "lo", family: "IPv4", address: "127.0.0.1", loopback: true },
  { name: "eth0", family: "IPv4", address: "192.0.2.2", loopback: false },
  { name: "lo", family: "IPv6", address: "::1", loopback: true },
]
const choices = choicesOf(addresses, "any")
const pressed = (name: string, at: number, ctrl = false) => answerWith({ name, sequence: "", ctrl }, choices, at)
const typed = (sequence: string) => answerWith({ sequence }, choices, 0)
const hosts = (family: "any" | "ipv4" | "ipv6") => choicesOf(addresses, family).map(({ host }) => host)

describe("the addresses to choose from", () => {
  it("are those of the machine, loopback first, and then all of them", () => {
    expect(hosts("any")).toEqual(["127.0.0.1", "::1", "192.0.2.2", "0.0.0.0", "::"])
    expect(hosts("ipv4")).toEqual(["127.0.0.1", "192.0.2.2", "0.0.0.0"])
    expect(hosts("ipv6")).toEqual(["::1", "::"])
  })

  it("have one key each, as far as there are digits", () => {
    expect(choices.map(({ key }) => key)).toEqual(["1", "2", "3", "0", "*"])
    const many = Array.from({ length: 12 }, (_, at) => ({ ...addresses[1], name: `veth${at}` }) as InterfaceAddress)
    expect(choicesOf(many, "any").map(({ key }) => key)).toEqual([..."123456789", "", "", "", "0"])
  })
})

describe("the question for an address", () => {
  it("is answered by Enter with the marked address, and by a key with its own", () => {
    expect(pressed("return", 0)).toMatchObject({ _tag: "Chosen", choice: { host: "127.0.0.1" } })
    expect(pressed("enter", 2)).toMatchObject({ _tag: "Chosen", choice: { host: "192.0.2.2" } })
    expect(typed("3")).toMatchObject({ _tag: "Chosen", choice: { host: "192.0.2.2" } })
    expect(typed("0")).toMatchObject({ _tag: "Chosen", choice: { host: "0.0.0.0" } })
    expect(typed("*")).toMatchObject({ _tag: "Chosen", choice: { host: "::" } })
    expect(typed("9")).toEqual({ _tag: "Nothing" })
    expect(typed("")).toEqual({ _tag: "Nothing" })
  })

  it("moves its mark with the arrows, and not beyond the ends", () => {
    expect(pressed("down", 0)).toEqual({ _tag: "Marked", at: 1 })
    expect(pressed("up", 0)).toEqual({ _tag: "Marked", at: 0 })
    expect(pressed("down", 4)).toEqual({ _tag: "Marked", at: 4 })
    expect(pressed("end", 0)).toEqual({ _tag: "Marked", at: 4 })
    expect(pressed("home", 3)).toEqual({ _tag: "Marked", at: 0 })
  })

  it("is cancelled by Esc, Ctrl-C and Ctrl-D", () => {
    for (const answer of [pressed("escape", 0), pressed("c", 0, true), pressed("d", 0, true)]) {
      expect(answer).toEqual({ _tag: "Cancelled" })
    }
    expect(pressed("z", 0, true)).toEqual({ _tag: "Suspended" })
  })

  it("fits into a low terminal, with the marked address in sight", () => {
    const many = Array.from({ length: 30 }, (_, at) => ({ ...addresses[1], name: `veth${at}` }) as InterfaceAddress)
    const all = choicesOf(many, "ipv4")
    for (let at = 0; at < all.length; at++) {
      const rows = questionRows(all, at, { height: 6, port: 9000, mark: (row) => row })
      expect(rows.length).toBe(6)
      expect(rows.filter((row) => row.startsWith(">"))).toEqual([expect.stringContaining(all[at]?.note ?? "")])
    }
    expect(questionRows(all, 3, { height: 24, port: 9000, mark: (row) => row }).at(0)).toContain("Port 9000")
  })
})
