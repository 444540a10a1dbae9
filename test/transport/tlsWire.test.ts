import { connectionSuite } from "../support/connectionSuite.ts"
import { tlsFixture } from "../support/tlsFixture.ts"
import { wireSuite } from "../support/wireSuite.ts"

wireSuite(tlsFixture)
connectionSuite(tlsFixture)
