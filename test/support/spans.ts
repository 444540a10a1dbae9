import type * as Context from "effect/Context"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

/** A span as a test sees it. */
export interface SeenSpan {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly parent: string | undefined
  readonly attributes: Readonly<Record<string, unknown>>
  /** `undefined` while the span is open. */
  readonly ended: "Success" | "Failure" | undefined
}

class RecordedSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly spanId: string
  readonly traceId = "trace"
  readonly sampled = true
  readonly links: Array<Tracer.SpanLink>
  readonly attributes = new Map<string, unknown>()
  status: Tracer.SpanStatus
  exit: Exit.Exit<unknown, unknown> | undefined

  constructor(
    readonly name: string,
    readonly parent: Option.Option<Tracer.AnySpan>,
    readonly context: Context.Context<never>,
    links: ReadonlyArray<Tracer.SpanLink>,
    startTime: bigint,
    readonly kind: Tracer.SpanKind,
    spanId: string,
  ) {
    this.links = [...links]
    this.status = { _tag: "Started", startTime }
    this.spanId = spanId
  }

  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    this.status = { _tag: "Ended", startTime: this.status.startTime, endTime, exit }
    this.exit = exit
  }

  attribute(key: string, value: unknown): void {
    this.attributes.set(key, value)
  }

  event(): void {}

  addLinks(links: ReadonlyArray<Tracer.SpanLink>): void {
    this.links.push(...links)
  }
}

/** A tracer that keeps its spans, in the order of their starts. */
export const recordingTracer = () => {
  const spans: Array<RecordedSpan> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const span = new RecordedSpan(name, parent, context, links, startTime, kind, `span-${spans.length + 1}`)
      spans.push(span)
      return span
    },
    context: (f) => f(),
  })
  const nameOf = (span: Tracer.AnySpan): string => (span._tag === "Span" ? span.name : "external")
  const seen = (): ReadonlyArray<SeenSpan> =>
    spans.map(({ attributes, exit, kind, name, parent }) => ({
      name,
      kind,
      parent: Option.getOrUndefined(Option.map(parent, nameOf)),
      attributes: Object.fromEntries(attributes),
      ended: exit?._tag,
    }))
  return { tracer, seen }
}
