import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as yaml from "yaml"
import { type DefaultsFile, parseFileDefaults } from "../../../src/cli/defaults/fileDefaults.ts"
import { commandShapes } from "../../support/commandLine.ts"

const parse = (
  text: string,
  role: DefaultsFile["role"] = "project",
  path = "tcpfx.yaml",
  namedBy?: DefaultsFile["namedBy"],
) => parseFileDefaults(yaml, { role, path, shownPath: path, namedBy }, text, commandShapes)

/** The defaults of one section as texts: `name=values`, with the line. */
const defaultsOf = (text: string, section: "serve" | "connect" | "ui" = "serve", path?: string) =>
  Either.getOrThrow(parse(text, "user", path))[section].map(
    ({ name, origin, values }) => `${name}=${values.join("|")} ${"line" in origin ? origin.line : ""}`,
  )

const faultsIn = (text: string, role: DefaultsFile["role"] = "project") =>
  Either.getOrThrow(Either.flip(parse(text, role)))

describe("a file of defaults", () => {
  it("has texts, lists, and yes or no, which the flags' own parsers read", () => {
    expect(
      defaultsOf(
        "serve:\n  frame: line\n  max-conns: 5\n  unix-mode: 0660\n  reply: 'a\\n'\n  plain: on\n  broker: no\n" +
          "  allow: [10.0.0.0/8, ::1]\n  endpoint:\n    - 127.0.0.1:1\n    - unix:x\n",
      ),
    ).toEqual([
      "frame=line 2",
      "max-conns=5 3",
      "unix-mode=0660 4",
      "reply=a\\n 5",
      "plain=yes 6",
      "broker=no 7",
      "allow=10.0.0.0/8|::1 8",
      "endpoint=127.0.0.1:1|unix:x 9",
    ])
  })

  it("may be empty, have comments only, or have empty sections", () => {
    for (const text of ["", "# nothing yet\n", "serve:\n", "serve:\nconnect: {}\nrules:\n"]) {
      expect(Either.getOrThrow(parse(text))).toEqual({ serve: [], connect: [], ui: [] })
    }
  })

  it("resolves the paths of flags in its own folder, and no other values", () => {
    const text = "serve:\n  allow-file: [list, /abs]\n  endpoint: unix:sock\n  user: x\n"
    expect(defaultsOf(text, "serve", "/etc/tcpfx/tcpfx.yaml")).toEqual([
      "allow-file=/etc/tcpfx/list|/abs 2",
      "endpoint=unix:sock 3",
      "user=x 4",
    ])
    expect(defaultsOf("serve:\n  allow-file: list\n")).toEqual(["allow-file=list 2"])
  })

  it.each<readonly [string, string, string]>([
    ["serve:\n  frame: lin\n", "2:10", 'frame: "lin" is not a framing: the name is unknown (did you mean line?)'],
    ["serve:\n  max_conns: 3\n", "2:3", '"max_conns" is not a flag of tcpfx serve (did you mean "max-conns"?)'],
    ["serve:\n  m: 3\n", "2:3", '"m" is not a key here; write max-conns'],
    ["serve:\n  ssl: yes\n", "2:3", '"ssl" is not a key here; write tls'],
    ["sreve:\n  frame: line\n", "1:1", '"sreve" is not a section; expected serve, connect, ui, rules, repeats, macros'],
    ["serve:\n  frame: [line]\n", "2:10", "frame takes one value, not a list"],
    ["serve:\n  frame: {a: b}\n", "2:10", "frame: a text is expected here"],
    ["serve:\n  frame:\n", "2:9", "frame has no value"],
    ["serve:\n  plain: maybe\n", "2:10", 'plain: "maybe" is not a yes or no'],
    ["serve: line\n", "1:8", "the name of a flag, such as output: json is expected here"],
    ["- a\n", "1:1", "the name of a command, such as serve: is expected here"],
    ["serve:\n  ui: yes\n", "2:3", "ui can be given only on the command line"],
    ["serve:\n  frame: line\n  frame: raw\n", "3:3", "Map keys must be unique"],
    ["serve:\n---\nui:\n", "2:1", "the file has several documents; remove the line ---"],
    ["serve: &a\n  frame: line\nconnect: *a\n", "3:10", "aliases are not allowed"],
    ["connect:\n  frame: line\n  max-conns: 3\n", "3:3", '"max-conns" is not a flag of tcpfx connect'],
  ])("with a mistake is refused with its place: %j", (text, place, problem) => {
    const [first = "", ...more] = faultsIn(text)
    expect(first.startsWith(`tcpfx.yaml:${place}: ${problem}`), first).toBe(true)
    expect(more).toEqual([])
  })

  it("reports all its mistakes in their order", () => {
    const text = "serve:\n  max-conns: 0\n  fram: line\nconnect:\n  port:\n"
    expect(faultsIn(text).map((fault) => fault.split(": ")[0])).toEqual([
      "tcpfx.yaml:2:14",
      "tcpfx.yaml:3:3",
      "tcpfx.yaml:5:8",
    ])
  })

  it("of a project cannot set unsafe flags, which the user's own file can", () => {
    const text =
      "serve:\n  tls-keylog: x\n  user: nobody\n  tls-min: 1.1\nconnect:\n  insecure: yes\n  tls-legacy: yes\n  tls-ciphers: eNULL\n"
    expect(faultsIn(text)).toHaveLength(6)
    expect(Either.isRight(parse("serve:\n  tls-min: 1.3\n", "project"))).toBe(true)
    expect(Either.isRight(parse(text, "user"))).toBe(true)
  })

  it("of a folder cannot write or send files, or redirect a connection, unless the user names it", () => {
    const text =
      "serve:\n  log: x\n  control: c\n  tls-keep: d\n  unixsock: u\nconnect:\n  macro: m\n  output-file: o\n  hex-dump: h\n  proxy: socks5://h:1\n  tls-ca: c\n  tls-name: n\n  tls-cert: p\n"
    expect(faultsIn(text)).toHaveLength(11)
    expect(faultsIn(text)[0]).toBe(
      "tcpfx.yaml:2:3: log writes a file, so the file of a folder cannot set it; name the file with --project, or use the command line or the user file",
    )
    expect(Either.isRight(parse(text, "project", "tcpfx.yaml", "project"))).toBe(true)
    expect(Either.isRight(parse(text, "user"))).toBe(true)
  })

  it("of the user has no rules, which belong in a project file", () => {
    expect(faultsIn("rules: []\n", "user")).toEqual(["tcpfx.yaml:1:1: rules belong in a project file"])
  })
})
