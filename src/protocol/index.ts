export * from "./Messages.ts"
