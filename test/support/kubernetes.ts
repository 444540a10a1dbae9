import { readFileSync } from "node:fs"
import * as Schema from "effect/Schema"
import { parseAllDocuments } from "yaml"

const Labels = Schema.Record({ key: Schema.String, value: Schema.String })
const HttpProbe = Schema.Struct({
  httpGet: Schema.Struct({ path: Schema.String, port: Schema.String }),
  periodSeconds: Schema.Number,
  timeoutSeconds: Schema.Number,
  failureThreshold: Schema.Number,
})

const Deployment = Schema.Struct({
  kind: Schema.Literal("Deployment"),
  spec: Schema.Struct({
    selector: Schema.Struct({ matchLabels: Labels }),
    strategy: Schema.Struct({
      rollingUpdate: Schema.Struct({ maxSurge: Schema.Number, maxUnavailable: Schema.Number }),
    }),
    template: Schema.Struct({
      metadata: Schema.Struct({ labels: Labels, annotations: Labels }),
      spec: Schema.Struct({
        automountServiceAccountToken: Schema.Boolean,
        terminationGracePeriodSeconds: Schema.Number,
        securityContext: Schema.Struct({
          runAsNonRoot: Schema.Boolean,
          runAsUser: Schema.Number,
          runAsGroup: Schema.Number,
        }),
        containers: Schema.Tuple(
          Schema.Struct({
            image: Schema.String,
            args: Schema.Array(Schema.String),
            ports: Schema.Array(Schema.Struct({ name: Schema.String, containerPort: Schema.Number })),
            readinessProbe: HttpProbe,
            livenessProbe: HttpProbe,
            lifecycle: Schema.Struct({
              preStop: Schema.Struct({ sleep: Schema.Struct({ seconds: Schema.Number }) }),
            }),
            securityContext: Schema.Struct({
              allowPrivilegeEscalation: Schema.Boolean,
              readOnlyRootFilesystem: Schema.Boolean,
              capabilities: Schema.Struct({ drop: Schema.Array(Schema.String) }),
            }),
          }),
        ),
      }),
    }),
  }),
})

const Service = Schema.Struct({
  kind: Schema.Literal("Service"),
  spec: Schema.Struct({
    selector: Labels,
    ports: Schema.Array(Schema.Struct({ port: Schema.Number, targetPort: Schema.String })),
  }),
})

/** Reads deploy/kubernetes/tcpfx.yaml. Throws if the file has a mistake of YAML, or another form than a test expects. */
export const readKubernetes = () => {
  const documents = parseAllDocuments(readFileSync("deploy/kubernetes/tcpfx.yaml", "utf8"))
  if (!Array.isArray(documents)) throw new Error("deploy/kubernetes/tcpfx.yaml is empty")
  const values = documents.map((document) => {
    const [problem] = [...document.errors, ...document.warnings]
    if (problem !== undefined) throw problem
    return document.toJS({ maxAliasCount: 10 }) as unknown
  })
  const [deployment, service] = Schema.decodeUnknownSync(Schema.Tuple(Deployment, Service))(values)
  const pod = deployment.spec.template.spec
  return { deployment: deployment.spec, pod, container: pod.containers[0], service: service.spec }
}
