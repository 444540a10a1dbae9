import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { readDescriptor } from "../files/files.ts"
import { readOwn } from "../files/ownFiles.ts"
import { askSecret } from "../process/askSecret.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"

const flag = "tls-passphrase-file"

/** The passphrases of the keys of a command. */
export interface Passphrases {
  /**
   * Returns the passphrase of a file: from the file of the flag, or else from the terminal. Undefined if there is
   * neither.
   */
  readonly of: (path: string, index: number) => Effect.Effect<Redacted.Redacted | undefined, CommandFailed, Stdio>
  /** Stops asking on the terminal: from then on it belongs to the console, and a reload must not wait for a user. */
  readonly stopAsking: () => void
}

// `fd:3`, and the names that shells give to the pipe of `<(command)`.
const descriptorOf = (path: string): number | undefined => {
  const found = /^(?:fd:|\/dev\/fd\/|\/proc\/self\/fd\/)([0-9]{1,9})$/.exec(path)
  return found === null ? undefined : Number(found[1])
}

const textOf = (path: string): Effect.Effect<string, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    const fd = descriptorOf(path)
    if (fd !== undefined && fd < 3) {
      return yield* usageError(`--${flag}: ${path}: descriptors 0 to 2 are the standard streams; use one from 3 on`)
    }
    const text =
      fd === undefined
        ? yield* readOwn(flag, path, "nothing")
        : new TextDecoder().decode(yield* readDescriptor(flag, fd))
    if (text === undefined) return yield* usageError(`--${flag}: ${path} cannot be read: there is no such file`)
    const [line = ""] = text.split(/\r?\n/, 1)
    return line === "" ? yield* usageError(`--${flag}: the first line of ${path} is empty`) : line
  })

/**
 * The passphrases from the files of `--tls-passphrase-file`: one for each certificate in turn, or one for all. A
 * passphrase from a descriptor or from the terminal is remembered, because it cannot be read again.
 */
export const passphrasesOf = (files: ReadonlyArray<string>): Passphrases => {
  const remembered = new Map<string, Redacted.Redacted>()
  let asks = true
  const remember = (key: string, text: string) => {
    const secret = Redacted.make(text)
    remembered.set(key, secret)
    return secret
  }
  return {
    of: (path, index) =>
      Effect.gen(function* () {
        const file = files.length === 1 ? files[0] : files[index]
        const key = file ?? path
        const known = remembered.get(key)
        if (known !== undefined) return known
        if (file !== undefined) {
          const text = yield* textOf(file)
          return descriptorOf(file) === undefined ? Redacted.make(text) : remember(key, text)
        }
        const typed = asks ? yield* askSecret(`tcpfx: passphrase of ${path}: `) : undefined
        return typed === undefined ? undefined : remember(key, typed)
      }),
    stopAsking: () => {
      asks = false
    },
  }
}
