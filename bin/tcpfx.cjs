#!/usr/bin/env node
"use strict"
// Starts the bundle. Compiling it is most of the start-up, so V8's compiled code is kept beside it: by Node itself where
// it can (22.1 and up), else here. A cache of another V8 is refused by V8 and written anew; a folder that may not be
// written to costs the time and nothing else.
const fs = require("node:fs")
const path = require("node:path")
const Module = require("node:module")
const vm = require("node:vm")

const bundle = path.join(__dirname, "..", "dist", "cli", "tcpfx.cjs")

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

if (!fs.existsSync(bundle)) {
  process.stderr.write("tcpfx: dist/cli/tcpfx.cjs is missing; run `npm run build` first\n")
  process.exit(2)
}
if (typeof Module.enableCompileCache === "function") {
  Module.enableCompileCache(path.join(__dirname, "..", "dist", "cli", "cache"))
  require(bundle)
} else {
  load()
}
