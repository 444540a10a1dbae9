import * as MachineId from "@effect/cluster/MachineId"
import type { Runner } from "@effect/cluster/Runner"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import type { ShardId } from "@effect/cluster/ShardId"
import * as Effect from "effect/Effect"

/**
 * The storage of several runners in one process. `RunnerStorage.makeMemory` is for one runner: it lets each runner have all
 * shards.
 */
export const makeSharedRunnerStorage = Effect.sync(() => {
  const runners = new Map<string, { readonly runner: Runner; healthy: boolean }>()
  const owners = new Map<string, string>()
  const own = (address: { readonly host: string; readonly port: number }) => `${address.host}:${address.port}`
  const heldBy = (owner: string, shards: Iterable<ShardId>) =>
    [...shards].filter((shard) => owners.get(shard.toString()) === owner)
  return RunnerStorage.RunnerStorage.of({
    register: (runner, healthy) =>
      Effect.sync(() => {
        runners.set(own(runner.address), { runner, healthy })
        return MachineId.make(runners.size)
      }),
    unregister: (address) => Effect.sync(() => void runners.delete(own(address))),
    getRunners: Effect.sync(() => [...runners.values()].map(({ healthy, runner }) => [runner, healthy] as const)),
    setRunnerHealth: (address, healthy) =>
      Effect.sync(() => {
        const known = runners.get(own(address))
        if (known !== undefined) known.healthy = healthy
      }),
    acquire: (address, shards) =>
      Effect.sync(() => {
        for (const shard of shards) if (!owners.has(shard.toString())) owners.set(shard.toString(), own(address))
        return heldBy(own(address), shards)
      }),
    refresh: (address, shards) => Effect.sync(() => heldBy(own(address), shards)),
    release: (address, shard) =>
      Effect.sync(() => void (owners.get(shard.toString()) === own(address) && owners.delete(shard.toString()))),
    releaseAll: (address) =>
      Effect.sync(() => {
        for (const [shard, owner] of owners) if (owner === own(address)) owners.delete(shard)
      }),
  })
})
