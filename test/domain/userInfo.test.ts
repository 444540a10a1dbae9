import { expect, it } from "@effect/vitest"
import { userInfoOf, withoutUserInfo } from "../../src/domain/userInfo.ts"

it("an address is shown without its user and password, also if it is not valid", () => {
  for (const address of ["nats://u:p@h:1", "u:p@h:1", "nats://u:p@x,u:p/@h:1", "http://to\nken@h:1"]) {
    expect(withoutUserInfo(address)).toMatch(/^(\w+:\/\/)?\*\*\*@h:1$/)
  }
  expect(withoutUserInfo("nats://h:1")).toBe("nats://h:1")
})

it("the user and the password of an address are decoded, if they can be", () => {
  expect(userInfoOf(new URL("nats://u:p%20w@h"))).toEqual({ user: "u", password: "p w" })
  expect(userInfoOf(new URL("nats://u:100%@h"))).toBe(undefined)
})
