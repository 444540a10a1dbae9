import { framesIn, framesOut } from "../definitions.ts"
import { Figure } from "./Figure.ts"
import type { Labels } from "./labels.ts"

/** The frames of a server or client. They are counted in two numbers, which each sample adds to the metrics. */
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
