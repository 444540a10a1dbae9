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

/** The source of a variable of a container. */
const Source = Schema.Struct({
  fieldRef: Schema.optional(Schema.Struct({ fieldPath: Schema.String })),
  secretKeyRef: Schema.optional(Schema.Struct({ name: Schema.String, key: Schema.String })),
})

const Variables = Schema.Array(Schema.Struct({ name: Schema.String, valueFrom: Source }))

const SafeContainer = Schema.Struct({
  image: Schema.String,
  args: Schema.Array(Schema.String),
  env: Schema.optionalWith(Variables, { default: () => [] }),
  ports: Schema.Array(Schema.Struct({ name: Schema.String, containerPort: Schema.Number })),
  securityContext: Schema.Struct({
    allowPrivilegeEscalation: Schema.Boolean,
    readOnlyRootFilesystem: Schema.Boolean,
    capabilities: Schema.Struct({ drop: Schema.Array(Schema.String) }),
  }),
})

const podOf = <A, I>(container: Schema.Schema<A, I>) =>
  Schema.Struct({
    automountServiceAccountToken: Schema.Boolean,
    securityContext: Schema.Struct({
      runAsNonRoot: Schema.Boolean,
      runAsUser: Schema.Number,
      runAsGroup: Schema.Number,
    }),
    containers: Schema.Tuple(container),
  })

const Deployment = Schema.Struct({
  kind: Schema.Literal("Deployment"),
  spec: Schema.Struct({
    replicas: Schema.Number,
    selector: Schema.Struct({ matchLabels: Labels }),
    strategy: Schema.Struct({
      rollingUpdate: Schema.Struct({ maxSurge: Schema.Number, maxUnavailable: Schema.Number }),
    }),
    template: Schema.Struct({
      metadata: Schema.Struct({ labels: Labels, annotations: Labels }),
      spec: Schema.Struct({
        ...podOf(Schema.Struct({ ...SafeContainer.fields, readinessProbe: HttpProbe, livenessProbe: HttpProbe }))
          .fields,
        terminationGracePeriodSeconds: Schema.Number,
      }),
    }),
  }),
})

const NatsDeployment = Schema.Struct({
  kind: Schema.Literal("Deployment"),
  spec: Schema.Struct({
    selector: Schema.Struct({ matchLabels: Labels }),
    template: Schema.Struct({ metadata: Schema.Struct({ labels: Labels }), spec: podOf(SafeContainer) }),
  }),
})

const Service = Schema.Struct({
  kind: Schema.Literal("Service"),
  spec: Schema.Struct({
    selector: Labels,
    ports: Schema.Array(Schema.Struct({ port: Schema.Number, targetPort: Schema.String })),
  }),
})

const Secret = Schema.Struct({ kind: Schema.Literal("Secret"), stringData: Labels })
const ConfigMap = Schema.Struct({ kind: Schema.Literal("ConfigMap"), data: Labels })
const DisruptionBudget = Schema.Struct({
  kind: Schema.Literal("PodDisruptionBudget"),
  spec: Schema.Struct({ minAvailable: Schema.Number, selector: Schema.Struct({ matchLabels: Labels }) }),
})

/** Reads the documents of a file. Throws for a mistake of YAML. */
const documentsOf = (path: string): ReadonlyArray<unknown> => {
  const documents = parseAllDocuments(readFileSync(path, "utf8"))
  if (!Array.isArray(documents)) throw new Error(`${path} is empty`)
  return documents.map((document) => {
    const [problem] = [...document.errors, ...document.warnings]
    if (problem !== undefined) throw problem
    return document.toJS({ maxAliasCount: 10 }) as unknown
  })
}

const partsOf = ({ spec }: typeof Deployment.Type, service: typeof Service.Type) => ({
  deployment: spec,
  pod: spec.template.spec,
  container: spec.template.spec.containers[0],
  service: service.spec,
})

/** Reads deploy/kubernetes/tcpfx.yaml. Throws if the file has another form than a test expects. */
export const readKubernetes = () => {
  const documents = documentsOf("deploy/kubernetes/tcpfx.yaml")
  return partsOf(...Schema.decodeUnknownSync(Schema.Tuple(Deployment, Service))(documents))
}

/** Reads deploy/kubernetes/tcpfx-hub.yaml, as {@link readKubernetes} does. */
export const readKubernetesHub = () => {
  const [secret, config, nats, natsService, deployment, budget, service] = Schema.decodeUnknownSync(
    Schema.Tuple(Secret, ConfigMap, NatsDeployment, Service, Deployment, DisruptionBudget, Service),
  )(documentsOf("deploy/kubernetes/tcpfx-hub.yaml"))
  return {
    ...partsOf(deployment, service),
    secret: secret.stringData,
    natsConfig: config.data["nats.conf"] ?? "",
    nats: nats.spec,
    natsService: natsService.spec,
    budget: budget.spec,
  }
}
