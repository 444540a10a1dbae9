import type { Project } from "../../src/assistant/index.ts"
import { Assistant } from "../../src/domain/index.ts"

/** The text of a project file with each kind of entry. */
export const exampleText = `# What the line of pumps needs.
rules:
  # The panel asks first.
  - name: greeting # shown in the log
    when: { contains: login }
    from: "@tag:panel"
    after: 500ms
    times: 3
    reply: welcome\\r\\n

  - name: registers
    when:
      hex: 01 03 *
    do:
      - reply: { hex: 01 03 02 00 2A, checksum: modbus }
      - tag: asked
      - close

# Every second.
repeats:
  - every: 1s
    to: all
    send: { hex: 01 03 00 0A 00 02, checksum: modbus }

macros:
  - name: hello # by hand
    send: hello \${client.name}
  - name: old
    send:
      text: 你好
      encoding: gbk
      ending: crlf
# the end
`

/** The content of {@link exampleText}. */
export const exampleProject: Project = {
  rules: [
    {
      name: "greeting",
      match: { _tag: "Contains", text: "login" },
      from: "@tag:panel",
      delay: 500,
      count: 3,
      actions: [{ _tag: "Reply", payload: { form: "text", content: "welcome\\r\\n" } }],
    },
    {
      name: "registers",
      match: { _tag: "Hex", pattern: "01 03 *" },
      actions: [
        { _tag: "Reply", payload: { form: "hex", content: "01 03 02 00 2A", checksum: { kind: "modbus" } } },
        { _tag: "Tag", tag: "asked" },
        { _tag: "Close" },
      ],
    },
  ],
  repeats: [
    {
      _tag: "Repeat",
      to: Assistant.everyone,
      interval: 1000,
      payload: { form: "hex", content: "01 03 00 0A 00 02", checksum: { kind: "modbus" } },
    },
  ],
  macros: [
    { name: "hello", payload: { form: "text", content: "hello ${client.name}" } },
    { name: "old", payload: { form: "text", content: "你好", encoding: "gbk", ending: "crlf" } },
  ],
}
