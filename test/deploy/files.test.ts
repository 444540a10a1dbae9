import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { helpTexts } from "../../src/cli/commands/helpTexts.ts"
import { parseDuration } from "../../src/domain/index.ts"
import { execForm, readStages, textsOf } from "../support/dockerfile.ts"
import { readKubernetes, readKubernetesHub } from "../support/kubernetes.ts"

const help = helpTexts("0")["serve --help"] ?? ""

/** The flags of a command line. */
const flagsOf = (words: ReadonlyArray<string>) =>
  words.flatMap((word) => (word.startsWith("-") ? [word.replace(/=.*/s, "")] : []))

const expectFlags = (words: ReadonlyArray<string>) => {
  expect(words[0]).toBe("serve")
  const unknown = flagsOf(words).filter((flag) => !new RegExp(`^ {2}(-\\w, | {4})${flag}( |$)`, "m").test(help))
  expect(unknown).toEqual([])
}

const noRights = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } }

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string }

describe("deploy/Dockerfile", () => {
  const stages = readStages("deploy/Dockerfile")
  const image = stages.at(-1) ?? []

  it("names the versions of its base images, and ends with a stage that has no tools of the build", () => {
    expect(stages.length).toBe(2)
    for (const stage of stages) expect(textsOf(stage, "FROM")[0]).toMatch(/^node:\d+-[a-z]+-slim( AS build)?$/)
    expect(textsOf(image, "RUN").filter((text) => /npm|apt/.test(text))).toEqual([])
    expect(textsOf(image, "COPY").filter((text) => !text.startsWith("--from=build "))).toEqual([])
  })

  it("runs the command as a user that is not root, in exec form, with flags that exist", () => {
    expect(textsOf(image, "USER")).toEqual(["1000:1000"])
    expect(execForm(textsOf(image, "ENTRYPOINT")[0] ?? "")).toEqual(["node", "/app/bin/tcpfx.cjs"])
    expectFlags(execForm(textsOf(image, "CMD")[0] ?? ""))
    expect(execForm((textsOf(image, "HEALTHCHECK")[0] ?? "").replace(/^.*?CMD /, ""))[0]).toBe("node")
  })
})

const manifests = [
  ["deploy/kubernetes/tcpfx.yaml", readKubernetes()],
  ["deploy/kubernetes/tcpfx-hub.yaml", readKubernetesHub()],
] as const

describe.each(manifests)("%s", (_path, { container, deployment, pod, service }) => {
  const portOf = (name: string) => container.ports.find((port) => port.name === name)?.containerPort
  const flagValue = (flag: string) => container.args.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1)
  const secondsOf = (flag: string) => Duration.toSeconds(Either.getOrThrow(parseDuration(flagValue(flag) ?? "")))

  it("has flags that exist, and the ports that the command opens", () => {
    expectFlags(container.args)
    expect(container.args[1]).toBe(`0.0.0.0:${portOf("tcp")}`)
    expect(flagValue("--metrics")).toBe(`0.0.0.0:${portOf("metrics")}`)
    expect(container.image).toBe(`tcpfx:${version}`)
    expect(deployment.template.metadata.annotations["prometheus.io/port"]).toBe(`${portOf("metrics")}`)
  })

  it("asks /readyz and /healthz of the metrics, and selects the pods of the deployment", () => {
    expect(container.readinessProbe.httpGet).toEqual({ path: "/readyz", port: "metrics" })
    expect(container.livenessProbe.httpGet).toEqual({ path: "/healthz", port: "metrics" })
    expect(deployment.selector.matchLabels).toEqual(deployment.template.metadata.labels)
    expect(service.selector).toEqual(deployment.template.metadata.labels)
    expect(container.ports.map(({ name }) => name)).toEqual(expect.arrayContaining([service.ports[0]?.targetPort]))
  })

  it("gives the drain its time: the grace period is longer than --drain-delay and --drain together", () => {
    const delay = secondsOf("--drain-delay")
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(delay + secondsOf("--drain") + 5)
    // A load balancer that asks /readyz has seen a failure before the server stops listening.
    const { failureThreshold, periodSeconds, timeoutSeconds } = container.readinessProbe
    expect(delay).toBeGreaterThanOrEqual(failureThreshold * periodSeconds + timeoutSeconds)
    expect(deployment.strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 })
  })

  it("runs without rights, as the user of the image", () => {
    const [user, group] = (textsOf(readStages("deploy/Dockerfile").at(-1) ?? [], "USER")[0] ?? "")
      .split(":")
      .map(Number)
    expect(pod.securityContext).toEqual({ runAsNonRoot: true, runAsUser: user, runAsGroup: group })
    expect(container.securityContext).toEqual(noRights)
    expect(pod.automountServiceAccountToken).toBe(false)
  })
})

describe("the hub of deploy/kubernetes/tcpfx-hub.yaml", () => {
  const { budget, container, deployment, nats, natsConfig, natsService, secret } = readKubernetesHub()

  it("has the name of the pod as the name of the node, and the address and password of the secret", () => {
    expect(container.args).toContain("--hub-node=$(POD_NAME)")
    expect(container.env).toEqual([
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "TCPFX_SERVE_HUB", valueFrom: { secretKeyRef: { name: "tcpfx-hub", key: "url" } } },
    ])
    const { hostname, password, port, username } = new URL(secret["url"] ?? "")
    expect({ hostname, password, port }).toEqual({
      hostname: "tcpfx-nats",
      password: secret["password"],
      port: `${natsService.ports[0]?.port}`,
    })
    expect(natsConfig).toContain(`user: ${username}`)
  })

  it("runs NATS without rights, behind the service that selects it", () => {
    const { metadata, spec } = nats.template
    expect(nats.selector.matchLabels).toEqual(metadata.labels)
    expect(natsService.selector).toEqual(metadata.labels)
    expect(spec.containers[0].securityContext).toEqual(noRights)
    expect(spec.securityContext.runAsNonRoot).toBe(true)
  })

  it("keeps most pods during a maintenance of the cluster", () => {
    expect(budget.minAvailable).toBeLessThan(deployment.replicas)
    expect(budget.selector.matchLabels).toEqual(deployment.selector.matchLabels)
  })
})
