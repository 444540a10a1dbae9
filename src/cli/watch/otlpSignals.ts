/** The kinds of data that a collector of OpenTelemetry takes. */
export const otlpSignals = ["metrics", "traces", "logs"] as const
export type OtlpSignal = (typeof otlpSignals)[number]
