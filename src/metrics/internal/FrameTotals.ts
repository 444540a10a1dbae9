import { framesIn, framesOut } from "../definitions.ts"
import { Figure } from "./Figure.ts"
import type { Labels } from "./labels.ts"

/**
 * The frame counts of a server or client. An observer increments two plain numbers, because that is cheaper than a
 * metric, and each sample adds them to the metrics.
 */
export class FrameTotals {
  received = 0
  sent = 0
  private readonly inFigure: Figure
  private readonly outFigure: Figure

  constructor(labels: Labels) {
    this.inFigure = Figure.counter(framesIn, labels)
    this.outFigure = Figure.counter(framesOut, labels)
  }

  sample(): void {
    this.inFigure.set(this.received)
    this.outFigure.set(this.sent)
  }
}
