import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"

type Environment = Readonly<Record<string, string | undefined>>

/** The program that opens an address in the user's browser. Undefined if the user would not see the browser. */
export const browserCommand = (
  platform: NodeJS.Platform,
  environment: Environment,
): readonly [string, ...ReadonlyArray<string>] | undefined => {
  const isSet = (name: string) => (environment[name] ?? "") !== ""
  // The browser would open on the remote machine, or in CI, where no user sees it.
  if (isSet("SSH_CONNECTION") || isSet("SSH_TTY") || isSet("CI")) return undefined
  switch (platform) {
    case "darwin":
      return ["open"]
    case "win32":
      // `start` uses its first quoted argument as the title of the window.
      return ["cmd", "/d", "/c", "start", '""']
    case "linux":
    case "freebsd":
    case "openbsd":
      return isSet("DISPLAY") || isSet("WAYLAND_DISPLAY") ? ["xdg-open"] : undefined
    default:
      return undefined
  }
}

/**
 * Opens an address in the user's browser, which outlives this process. Waits only for the start of the program, and
 * returns whether it started.
 */
export const openBrowser = (address: string): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const command = browserCommand(process.platform, process.env)
    if (command === undefined) return resume(Effect.succeed(false))
    const [program, ...args] = command
    const child = spawn(program, [...args, address], { detached: true, stdio: "ignore" })
    child.once("error", () => resume(Effect.succeed(false)))
    child.once("spawn", () => {
      child.unref()
      resume(Effect.succeed(true))
    })
  })
