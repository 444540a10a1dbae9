export * from "./Assistant.ts"
export * from "./encodings.ts"
export * from "./Workspace.ts"
