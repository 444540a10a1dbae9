import { tcpFixture, unixFixture } from "../support/transportFixture.ts"
import { wireSuite } from "../support/wireSuite.ts"

wireSuite(tcpFixture)
wireSuite(unixFixture)
