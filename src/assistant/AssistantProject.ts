import type { Assistant as Domain } from "../domain/index.ts"

/** What a project file keeps of a window. */
export interface AssistantProject {
  readonly rules: ReadonlyArray<Domain.Rule>
  readonly macros: ReadonlyArray<Domain.Macro>
}
