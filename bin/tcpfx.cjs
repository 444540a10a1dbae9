#!/usr/bin/env node
"use strict"
// Starts the bundle. Compiling it is most of the start-up, so V8's compiled code is kept beside it: by Node itself where
// it can (22.1 and up), else here. A cache of another V8 is refused by V8 and written anew; a folder that may not be
// written to costs the time and nothing else.
const fs = require("node:fs")
const path = require("node:path")
const { Writable } = require("node:stream")
const Module = require("node:module")
const vm = require("node:vm")

// Node makes these streams when something touches them, as Effect's logger and the end of every socket do. They would make
// pipes and sockets non-blocking for all programs that share them, and block on a terminal that takes nothing. The command
// has outputs of its own (src/cli/process/streams); what a library says by these still goes to standard error.
const talk = new Writable({
  write(chunk, _encoding, done) {
    try {
      fs.writeSync(2, chunk)
    } catch {
      // There is nobody left to tell.
    }
    done()
  },
})
for (const [name, value] of Object.entries({ stdin: undefined, stdout: talk, stderr: talk })) {
  Object.defineProperty(process, name, { value, configurable: true, enumerable: true, writable: true })
}

// Without a handler SIGUSR1 opens Node's inspector on a port, and SIGUSR2 ends the process. The command adds its own
// handlers later; until then the two do nothing.
for (const signal of ["SIGUSR1", "SIGUSR2"]) process.on(signal, () => {})

// A SIGUSR1 before the handlers has opened the inspector. Loading the module that tells costs milliseconds, so it is not
// done before the command is at work.
const isInspectorWanted = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].some((text) =>
  text.includes("--inspect"),
)
if (!isInspectorWanted) {
  const closeInspector = () => {
    const inspector = require("node:inspector")
    if (inspector.url() !== undefined) inspector.close()
  }
  // Node answers the signal a second time when the event loop first looks for events, and would open it again.
  setTimeout(() => setImmediate(closeInspector), 20).unref()
}

// The server and the page's server are in bundles of their own, so that other command lines start as fast as without them.
const bundleFor = (words) => {
  if (words[0] === "ui" || words.slice(1).some((word) => word.startsWith("--ui"))) return "ui.cjs"
  return words[0] === "serve" ? "serve.cjs" : "tcpfx.cjs"
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
    // After the run, so that the functions used in it are in the cache too; under a name of its own first, so that
    // nobody reads half of it.
    const temporary = `${cacheFile}.${process.pid}`
    fs.writeFileSync(temporary, script.createCachedData())
    fs.renameSync(temporary, cacheFile)
  } catch {
    // Not writable here.
  }
}

// What the build has made of each `--help`: printing it takes none of the command, and none of its start-up.
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

// How long a reader that takes nothing is waited for, milliseconds, and how long between two attempts.
const patience = 5000
const pause = 10

/** Writes all of a text to standard output, and gives the exit code. `reasons`: words for the codes of failures. */
const print = ({ text, reasons }) => {
  const waiting = new Int32Array(new SharedArrayBuffer(4))
  const end = Date.now() + patience
  let left = Buffer.from(text)
  while (left.length > 0) {
    try {
      left = left.subarray(fs.writeSync(1, left))
    } catch (error) {
      // The reader has what it wants.
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
