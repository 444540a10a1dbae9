import { describe, expect, it } from "@effect/vitest"
import { takeInherited } from "../../../src/cli/process/inherited.ts"
import { fdEndpoint } from "../../../src/domain/index.ts"

const take = (environment: Record<string, string>, isOpen = (_fd: number) => true) =>
  takeInherited({ ...environment }, 42, isOpen)

describe("inherited sockets", () => {
  it("are as many as LISTEN_FDS says, from descriptor 3 on, with their names", () => {
    expect(take({ LISTEN_PID: "42", LISTEN_FDS: "3", LISTEN_FDNAMES: "web:unknown:a b" }).sockets).toEqual([
      { endpoint: fdEndpoint(3), name: "web" },
      { endpoint: fdEndpoint(4), name: "" },
      { endpoint: fdEndpoint(5), name: "a b" },
    ])
  })

  it("have no names if LISTEN_FDNAMES is missing or has fewer names", () => {
    expect(take({ LISTEN_PID: "42", LISTEN_FDS: "1" }).sockets).toEqual([{ endpoint: fdEndpoint(3), name: "" }])
    expect(take({ LISTEN_PID: "42", LISTEN_FDS: "2", LISTEN_FDNAMES: "a" }).sockets[1]?.name).toBe("")
  })

  it.each<readonly [Record<string, string>, RegExp]>([
    [{}, /LISTEN_FDS is not set/],
    [{ LISTEN_FDS: "1" }, /LISTEN_PID is not set/],
    [{ LISTEN_FDS: "1", LISTEN_PID: "43" }, /LISTEN_PID is "43", but this process is 42/],
    [{ LISTEN_FDS: "0", LISTEN_PID: "42" }, /LISTEN_FDS is "0"/],
    [{ LISTEN_FDS: "-1", LISTEN_PID: "42" }, /LISTEN_FDS is "-1"/],
    [{ LISTEN_FDS: "many", LISTEN_PID: "42" }, /LISTEN_FDS is "many"/],
    [{ LISTEN_FDS: "99999999999", LISTEN_PID: "42" }, /LISTEN_FDS is "99999999999"/],
  ])("are none, with the reason, for %o", (environment, why) => {
    const inherited = take(environment)
    expect(inherited.sockets).toEqual([])
    expect(inherited.why).toMatch(why)
  })

  it("are refused when one is not open, so that an absurd number costs nothing", () => {
    const looked: Array<number> = []
    const inherited = take({ LISTEN_PID: "42", LISTEN_FDS: "999999" }, (fd) => looked.push(fd) < 3)
    expect(inherited).toEqual({
      sockets: [],
      why: "LISTEN_FDS is 999999, but descriptor 5 is not open",
      isBroken: true,
    })
    expect(looked).toEqual([3, 4, 5])
  })

  it("are taken once: a child process never finds the variables", () => {
    for (const pid of ["42", "43"]) {
      const environment: Record<string, string | undefined> = {
        LISTEN_PID: pid,
        LISTEN_FDS: "1",
        LISTEN_FDNAMES: "web",
        LISTEN_PIDFDID: "7",
        PATH: "/bin",
      }
      takeInherited(environment, 42)
      expect(environment).toEqual({ PATH: "/bin" })
    }
  })
})
