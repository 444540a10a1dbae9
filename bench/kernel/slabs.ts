import { readFileSync } from "node:fs"

/** A cache of objects of the kernel. */
export interface Slab {
  readonly objects: number
  readonly bytesEach: number
}

/** The caches of the kernel (slabinfo(5)), by their names. Only root can read them. */
export const readSlabs = (): ReadonlyMap<string, Slab> =>
  new Map(
    readFileSync("/proc/slabinfo", "utf8")
      .split("\n")
      .slice(2)
      .filter((line) => line !== "")
      .map((line) => {
        const [name = "", objects, , bytesEach] = line.split(/\s+/)
        return [name, { objects: Number(objects), bytesEach: Number(bytesEach) }]
      }),
  )

/** The objects of a cache for one socket, and their size. */
export interface SlabCost {
  readonly name: string
  readonly perSocket: number
  readonly bytesEach: number
}

// Fewer objects for a socket are those of other programs.
const leastPerSocket = 0.5

/** The caches that have grown with a number of sockets. */
export const slabCosts = (
  before: ReadonlyMap<string, Slab>,
  after: ReadonlyMap<string, Slab>,
  sockets: number,
): ReadonlyArray<SlabCost> =>
  [...after].flatMap(([name, { bytesEach, objects }]) => {
    const perSocket = (objects - (before.get(name)?.objects ?? 0)) / sockets
    return perSocket < leastPerSocket ? [] : [{ name, perSocket: Math.round(perSocket * 100) / 100, bytesEach }]
  })
