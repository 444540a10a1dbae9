import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { emptyProject } from "../../../src/assistant/projectFile.ts"
import { Stdio } from "../../../src/cli/process/stdio.ts"
import { startProject } from "../../../src/cli/ui/project.ts"
import { recordedStdio } from "../../support/shown.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

it.scoped("a project file that --project names and that is missing is reported, and starts an empty project", () =>
  Effect.gen(function* () {
    const { shown, stdio } = recordedStdio()
    const path = `${yield* temporaryFolder}/none.yaml`
    const start = (given: Option.Option<string>) => Effect.provideService(startProject(given), Stdio, stdio)
    expect(yield* start(Option.some(path))).toEqual({ path, project: emptyProject })
    expect(shown()).toEqual([["err", `tcpfx: --project: ${path} does not exist yet; saving creates it\n`]])
    expect((yield* start(Option.none())).project).toEqual(emptyProject)
    expect(shown()).toHaveLength(1)
  }).pipe(Effect.provide(NodeFileSystem.layer)),
)
