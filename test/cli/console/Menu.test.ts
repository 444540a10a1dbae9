import { expect, it } from "vitest"
import { Menu } from "../../../src/cli/console/Menu.ts"
import { headlessTerminal as terminal } from "../../support/headlessTerminal.ts"

it("a menu is replaced where it stands, also in a window of another width, and leaves nothing behind", async () => {
  const { lines, window, write } = terminal(40, 20)
  const menu = new Menu()
  const rows = ["a question", "one ".repeat(9), "two ".repeat(9)]
  await write("the shell\r\n")
  await write(menu.paint(rows, 40))
  for (const columns of [20, 60, 11, 40]) {
    window.resize(columns, 20)
    await write(menu.paint(rows, columns))
    expect(lines().length).toBe(4)
  }
  expect(lines()[1]).toBe("a question")
  await write(menu.erase(40))
  expect(lines()).toEqual(["the shell"])
})
