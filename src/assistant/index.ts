export * from "./Assistant.ts"
