import type * as Assistant from "../../domain/assistant/index.ts"

/** A repeat as a project keeps it: the command that starts it. */
export type ProjectRepeat = Extract<Assistant.Command, { readonly _tag: "Repeat" }>

/** What a project file keeps. */
export interface Project {
  readonly rules: ReadonlyArray<Assistant.Rule>
  readonly repeats: ReadonlyArray<ProjectRepeat>
  readonly macros: ReadonlyArray<Assistant.Macro>
}

/** A project with nothing in it. */
export const emptyProject: Project = { rules: [], repeats: [], macros: [] }
