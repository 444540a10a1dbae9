import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { addressName, certificateName, cleanName } from "../../src/assistant/internal/clientName.ts"
import { nameRefused } from "../../src/assistant/internal/labels.ts"
import { tcpEndpoint } from "../../src/domain/index.ts"
import { runs } from "../support/properties.ts"

const session = (subject: string, subjectAltName?: string) => ({
  protocol: "TLSv1.3",
  cipher: "TLS_AES_256_GCM_SHA384",
  peer: {
    subject,
    issuer: "",
    fingerprint: "",
    validTo: 0,
    ...(subjectAltName === undefined ? {} : { subjectAltName }),
  },
})

describe("the name of a client", () => {
  it.each([
    ["plc-1", "plc-1"],
    ["  pump 2\t", "pump 2"],
    ["@admin", "admin"],
    ["!@ x", "x"],
    ['a,"b"', "a__b_"],
    ["a\u001b[2Jb", "a\\e[2Jb"],
    ["你好", "你好"],
    ["x".repeat(40), "x".repeat(32)],
    ["@@", ""],
  ])("of the text %j is %j", (text, name) => {
    expect(cleanName(text)).toBe(name)
  })

  it.prop(
    "is always one that a command could give",
    { text: FastCheck.string({ unit: "binary", maxLength: 100 }) },
    ({ text }) => {
      expect(nameRefused(cleanName(text))).toBeUndefined()
    },
    runs(2000),
  )

  it.each([
    ["CN=plc-1", undefined, "plc-1"],
    ["O=Plant, CN=press 7, C=DE", undefined, "press 7"],
    ["CN=a\\, b, O=x", undefined, "a_ b"],
    ["O=CN, L=x", "DNS:plc-1.plant, IP Address:10.0.0.7", "plc-1.plant"],
    ["", "IP Address:10.0.0.7", "10.0.0.7"],
    ["", undefined, ""],
  ])("of a certificate for %j with the names %j is %j", (subject, names, name) => {
    expect(certificateName(session(subject, names))).toBe(name)
  })

  it("of an address has no port, and a unix socket has none", () => {
    expect(addressName(tcpEndpoint("10.0.0.7", 5000))).toBe("10.0.0.7")
    expect(addressName(tcpEndpoint("fe80::1%eth0", 5000))).toBe("fe80::1%eth0")
    expect(addressName({ _tag: "Unix", path: "/run/x.sock" })).toBe("")
  })
})
