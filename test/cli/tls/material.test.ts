import { describe, expect, it } from "@effect/vitest"
import * as Option from "effect/Option"
import { type CommonTlsOptions, weaknessNotes } from "../../../src/cli/tls/material.ts"

const none: CommonTlsOptions = {
  tlsAlpn: Option.none(),
  tlsMin: Option.none(),
  tlsMax: Option.none(),
  tlsCiphers: Option.none(),
  tlsLegacy: false,
  tlsKeyLog: Option.none(),
}

const notesOf = (ciphers: string, tlsLegacy = false) =>
  weaknessNotes({ ...none, tlsCiphers: Option.some(ciphers), tlsLegacy })

describe("a warning", () => {
  it.each([
    ["NULL-SHA256:AES128-SHA", "NULL-SHA256"],
    ["HIGH:aNULL", "aNULL"],
    ["ECDHE+aNULL", "ECDHE+aNULL"],
    ["HIGH,ADH-AES128-SHA", "ADH-AES128-SHA"],
    ["HIGH:ECDHE-RSA-NULL-SHA", "ECDHE-RSA-NULL-SHA"],
    ["HIGH:@SECLEVEL=0", "@SECLEVEL=0"],
    ["DEFAULT@SECLEVEL=0", "DEFAULT@SECLEVEL=0"],
  ])("names what makes the ciphers %s weak", (list, entry) => {
    expect(notesOf(list)).toEqual([expect.stringMatching(`^WARNING: ${entry.replace("+", "\\+")} in --tls-ciphers`)])
    expect(notesOf(list, true)).toHaveLength(2)
  })

  it("does not come for ciphers that are excluded, and for strong ones", () => {
    for (const list of [
      "ALL:!aNULL:!eNULL",
      "HIGH:-ADH:!ECDHE-RSA-NULL-SHA",
      "TLS_AES_128_GCM_SHA256",
      "HIGH:@SECLEVEL=2",
    ]) {
      expect(notesOf(list)).toEqual([])
    }
  })
})
