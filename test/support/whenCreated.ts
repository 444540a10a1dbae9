import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"

/** Waits until all files exist in a folder. The wait begins with the call. */
export const whenCreated = (folder: string, names: ReadonlyArray<string>) => {
  const created = new Promise<void>((resolve) => {
    const look = () => {
      if (!names.every((name) => fs.existsSync(join(folder, name)))) return
      watcher.close()
      resolve()
    }
    const watcher = fs.watch(folder, look)
    look()
  })
  return Effect.promise(() => created)
}
