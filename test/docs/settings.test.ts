import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import type * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { ClientConfig, reconnectDefaults } from "../../src/client/index.ts"
import { clientChecks, reconnectChecks } from "../../src/client/internal/checkClientSettings.ts"
import { formatListenEndpoints, formatMillis, noKeepalive, type settings, tcpEndpoint } from "../../src/domain/index.ts"
import { historyChecks, historyDefaults } from "../../src/hub/HubHistory.ts"
import { natsChecks, natsDefaults } from "../../src/hub/nats/NatsHubOptions.ts"
import { ServerConfig } from "../../src/server/index.ts"
import { serverChecks } from "../../src/server/internal/checkServerSettings.ts"

const page = readFileSync(new URL("../../docs/settings.md", import.meta.url), "utf8")

const shown = (value: unknown): string => {
  if (value === noKeepalive) return "unlimited"
  if (Duration.isDuration(value)) return Duration.isFinite(value) ? formatMillis(Duration.toMillis(value)) : "unlimited"
  if (value === Number.POSITIVE_INFINITY) return "unlimited"
  if (typeof value === "number") return String(value)
  if (typeof value === "object" && value !== null && "name" in value) return `\`Framing.${String(value.name)}\``
  if (Array.isArray(value)) return "none"
  if (value === ServerConfig.defaults.listen) return formatListenEndpoints([tcpEndpoint("127.0.0.1", 12345)])
  return value === undefined ? "none" : `\`${String(value)}\``
}

const variableOf = (field: string): string => `TCPFX_${field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

/** The variable of a setting. A setting that reads none accepts an empty variable. */
const variableIn = (field: string, config: Config.Config<unknown>) => {
  const name = variableOf(field)
  const empty = ConfigProvider.fromMap(new Map([[name, ""]]), { pathDelim: "_" })
  return Effect.match(Effect.withConfigProvider(config, empty), {
    onFailure: () => `\`${name}\``,
    onSuccess: () => "",
  })
}

const rowsOf = <K extends string>(
  checks: Readonly<Record<K, settings.SettingCheck>>,
  defaults: Readonly<Record<K, unknown>>,
  fields?: Readonly<Record<K, Config.Config<unknown>>>,
) =>
  Effect.forEach((Object.keys(checks) as Array<K>).sort(), (field) =>
    Effect.map(fields === undefined ? Effect.succeed("") : variableIn(field, fields[field]), (variable) =>
      ["", `\`${field}\``, variable, shown(defaults[field]), checks[field].expected, ""].join(" | ").trim(),
    ),
  )

const { announceInterval, connectTimeout, nodeTimeout, stallTimeout } = natsDefaults

/** The defaults of a hub on NATS. The other settings have none. */
const natsDefaultsShown = {
  ...natsDefaults,
  announceInterval: Duration.decode(announceInterval),
  connectTimeout: Duration.decode(connectTimeout),
  nodeTimeout: Duration.decode(nodeTimeout),
  stallTimeout: Duration.decode(stallTimeout),
  auth: undefined,
  node: undefined,
  servers: undefined,
  tls: undefined,
}

const historyDefaultsShown = { ...historyDefaults, last: undefined, since: undefined }

/** The rows of the table below a heading of the page. */
const tableOf = (heading: string): ReadonlyArray<string> =>
  (page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("| `"))

describe("docs/settings.md", () => {
  it.effect("has each setting with its variable, default and valid values", () =>
    Effect.gen(function* () {
      expect(tableOf("Server")).toEqual(yield* rowsOf(serverChecks, ServerConfig.defaults, ServerConfig.fields))
      expect(tableOf("Client")).toEqual(yield* rowsOf(clientChecks, ClientConfig.defaults, ClientConfig.fields))
      expect(tableOf("History of a hub")).toEqual(yield* rowsOf(historyChecks, historyDefaultsShown))
      expect(tableOf("Hub on NATS")).toEqual(yield* rowsOf(natsChecks, natsDefaultsShown))
      expect(tableOf("Reconnecting")).toEqual(yield* rowsOf(reconnectChecks, reconnectDefaults))
    }),
  )
})
