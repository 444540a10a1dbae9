import type * as Assistant from "../../domain/assistant/index.ts"

/** The name of the project file in the working directory of the program. */
export const projectFileName = "tcpfx.yaml"

/** A repeat as a project file stores it: the command that starts the repeat. */
export type ProjectRepeat = Extract<Assistant.Command, { readonly _tag: "Repeat" }>

/** The contents of a project file. */
export interface Project {
  readonly rules: ReadonlyArray<Assistant.Rule>
  readonly repeats: ReadonlyArray<ProjectRepeat>
  readonly macros: ReadonlyArray<Assistant.Macro>
}

/** A project without items. */
export const emptyProject: Project = { rules: [], repeats: [], macros: [] }
