import { memoryFixture } from "../support/transportFixture.ts"
import { wireSuite } from "../support/wireSuite.ts"

wireSuite(memoryFixture)
