import { Testing } from "../../src/testing/index.ts"

/** `Testing.probe`. */
export const record = Testing.probe
