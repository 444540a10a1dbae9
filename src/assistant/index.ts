export * from "./Assistant.ts"
export * from "./Workspace.ts"
