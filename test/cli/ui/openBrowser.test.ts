import { expect, it } from "@effect/vitest"
import { browserCommand } from "../../../src/cli/ui/openBrowser.ts"

it("opens a browser only if the user would see it", () => {
  expect(browserCommand("linux", { DISPLAY: ":0" })).toEqual(["xdg-open"])
  expect(browserCommand("linux", { WAYLAND_DISPLAY: "wayland-0" })).toEqual(["xdg-open"])
  expect(browserCommand("linux", {})).toBeUndefined()
  expect(browserCommand("linux", { DISPLAY: "" })).toBeUndefined()
  expect(browserCommand("linux", { DISPLAY: ":10", SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22" })).toBeUndefined()
  expect(browserCommand("darwin", {})).toEqual(["open"])
  expect(browserCommand("darwin", { SSH_TTY: "/dev/ttys1" })).toBeUndefined()
  expect(browserCommand("win32", {})?.at(0)).toBe("cmd")
  expect(browserCommand("linux", { DISPLAY: ":0", CI: "true" })).toBeUndefined()
  expect(browserCommand("aix", { DISPLAY: ":0" })).toBeUndefined()
})
