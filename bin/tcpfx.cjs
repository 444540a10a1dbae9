#!/usr/bin/env node
"use strict"
// Starts the bundle. Most of the start-up time is compilation, so the code that V8 has compiled is cached beside the
// bundle: by Node itself since 22.1, otherwise by this file. V8 refuses the cache of another version, and a new cache then
// replaces it. In a read-only folder, the command starts without a cache.
const fs = require("node:fs")
const path = require("node:path")
const { Writable } = require("node:stream")
const Module = require("node:module")
const vm = require("node:vm")

// Node makes its standard streams at their first use, for example by Effect's logger or at the end of a socket. They would
// make pipes and sockets non-blocking for all programs that share them, and block on a stopped terminal. The command has
// its own outputs (src/cli/process/streams). Text that a library writes to Node's streams goes to standard error.
const talk = new Writable({
  write(chunk, _encoding, done) {
    try {
      fs.writeSync(2, chunk)
    } catch {
      // Without standard error, the failure cannot be reported.
    }
    done()
  },
})
for (const [name, value] of Object.entries({ stdin: undefined, stdout: talk, stderr: talk })) {
  Object.defineProperty(process, name, { value, configurable: true, enumerable: true, writable: true })
}

// Without a handler, SIGUSR1 opens Node's inspector on a port, and SIGUSR2 ends the process. Until the command adds its own
// handlers, the two signals do nothing.
for (const signal of ["SIGUSR1", "SIGUSR2"]) process.on(signal, () => {})

// A SIGUSR1 before these handlers has opened the inspector. Loading the inspector module to check that takes milliseconds,
// so the check runs after the start of the command.
const isInspectorWanted = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].some((text) =>
  text.includes("--inspect"),
)
if (!isInspectorWanted) {
  const closeInspector = () => {
    const inspector = require("node:inspector")
    if (inspector.url() !== undefined) inspector.close()
  }
  // Node handles the signal a second time when the event loop first polls, and would open the inspector again.
  setTimeout(() => setImmediate(closeInspector), 20).unref()
}

// The server and the page are in separate bundles, so that other command lines start as fast as without them.
const isInTerminal = () => {
  const { isatty } = require("node:tty")
  return isatty(0) && isatty(1)
}
// A file of defaults or a variable may set a flag of `connect` that needs the assistant or metrics (src/cli/defaults). A text that only
// looks like that chooses the larger bundle, which runs every command line.
const assisted = "(?:rules?|macro|repeat|metrics|otlp)"
const defaultsAreAssisted = (words) => {
  if (Object.keys(process.env).some((name) => new RegExp(`^TCPFX_CONNECT_${assisted}$`, "i").test(name))) return true
  const named = words.flatMap((word, at) => {
    const value = /^--(?:config|project)(?:=(.*))?$/s.exec(word)
    return value === null ? [] : [value[1] ?? words[at + 1] ?? ""]
  })
  const home = process.env.XDG_CONFIG_HOME || path.join(process.env.HOME ?? "", ".config")
  const files = [process.env.TCPFX_CONFIG ?? "", ...named, "tcpfx.yaml", path.join(home, "tcpfx", "tcpfx.yaml")]
  return files.some((file) => {
    try {
      return (
        fs.statSync(file).isFile() && new RegExp(`connect[^]*\\b${assisted}\\b`).test(fs.readFileSync(file, "utf8"))
      )
    } catch {
      return false
    }
  })
}

const bundleFor = (words) => {
  const [head = "--help"] = words
  if (head === "__complete") return "complete.cjs"
  if (head === "ctl" || head === "top") return "ctl.cjs"
  if (head === "__worker") return "worker.cjs"
  if (head === "ui" || words.slice(1).some((word) => word.startsWith("--ui"))) return "ui.cjs"
  if (head === "serve") return "serve.cjs"
  const isConnect = head === "connect"
  // `tcpfx -lk 9000` serves, and `tcpfx host 9000` connects (src/cli/flags/habits.ts). A word that only looks like -l
  // chooses the larger bundle, which runs every command line.
  if (!isConnect && words.some((word) => /^-[a-z0-9]*l|^--listen$/i.test(word))) return "serve.cjs"
  const mayConnect =
    isConnect || (words.length > 1 && !["interfaces", "config", "help"].includes(head)) || /[.:]/.test(head)
  // Rules, macros, repeats and the console of `connect` need the assistant, and metrics are in the same bundle.
  if (!mayConnect) return "tcpfx.cjs"
  const isAssisted = words.some((word) => new RegExp(`^--${assisted}(?:=|$)`).test(word)) || defaultsAreAssisted(words)
  return isAssisted || (!words.includes("--plain") && isInTerminal()) ? "serve.cjs" : "tcpfx.cjs"
}
const bundle = path.join(__dirname, "..", "dist", "cli", bundleFor(process.argv.slice(2)))

const load = () => {
  const cacheFile = `${bundle}.${process.version}-${process.arch}.cache`
  const source = fs.readFileSync(bundle, "utf8")
  const read = () => {
    try {
      return fs.readFileSync(cacheFile)
    } catch {
      return undefined
    }
  }
  const cachedData = read()
  const script = new vm.Script(Module.wrap(source), {
    filename: bundle,
    ...(cachedData === undefined ? {} : { cachedData }),
    importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  const exports = {}
  script.runInThisContext()(exports, Module.createRequire(bundle), { exports }, bundle, path.dirname(bundle))
  if (cachedData !== undefined && !script.cachedDataRejected) return
  try {
    // The cache is written after the run, so that it includes the functions that the run has compiled. The rename makes the
    // write atomic, so that no other process reads an incomplete cache.
    const temporary = `${cacheFile}.${process.pid}`
    fs.writeFileSync(temporary, script.createCachedData())
    fs.renameSync(temporary, cacheFile)
  } catch {
    // The folder is read-only.
  }
}

// The text of each `--help`, which the build has stored. Printing it does not load the command.
const preparedHelp = () => {
  const words = process.argv.slice(2)
  if (words.length > 0 && words.at(-1) !== "--help") return undefined
  try {
    const { reasons, texts } = JSON.parse(fs.readFileSync(path.join(path.dirname(bundle), "help.json"), "utf8"))
    const key = words.length === 0 ? "--help" : words.join(" ")
    return Object.hasOwn(texts, key) ? { text: texts[key], reasons } : undefined
  } catch {
    return undefined
  }
}

// The time to wait for a reader that reads nothing, and the time between two attempts, in milliseconds.
const patience = 5000
const pause = 10

/** Writes a text to standard output. Returns the exit code. `reasons` has the words for the codes of failed writes. */
const print = ({ text, reasons }) => {
  const waiting = new Int32Array(new SharedArrayBuffer(4))
  const end = Date.now() + patience
  let left = Buffer.from(text)
  while (left.length > 0) {
    try {
      left = left.subarray(fs.writeSync(1, left))
    } catch (error) {
      // The reader has closed the pipe, which is a clean end.
      if (error.code === "EPIPE") return 0
      // Another program has made the pipe non-blocking.
      if (error.code === "EAGAIN" && Date.now() < end) {
        Atomics.wait(waiting, 0, 0, pause)
        continue
      }
      const reason = Object.hasOwn(reasons, error.code) ? `${reasons[error.code]}, ${error.code}` : error.code
      talk.write(`tcpfx: standard output cannot be written (${reason})\n`)
      return 1
    }
  }
  return 0
}

const help = preparedHelp()
if (help !== undefined) {
  process.exitCode = print(help)
} else if (!fs.existsSync(bundle)) {
  process.stderr.write(`tcpfx: dist/cli/${path.basename(bundle)} is missing; run \`npm run build\` first\n`)
  process.exit(2)
} else if (typeof Module.enableCompileCache === "function") {
  Module.enableCompileCache(path.join(__dirname, "..", "dist", "cli", "cache"))
  require(bundle)
} else {
  load()
}
