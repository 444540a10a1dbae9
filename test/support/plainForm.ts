import { PayloadForm } from "../../src/cli/input/PayloadForm.ts"
import { Assistant } from "../../src/domain/index.ts"

/** The form of payloads without any flag. */
export const plainForm = new PayloadForm({
  hex: false,
  ending: undefined,
  checksum: undefined,
  coder: Assistant.utf8Coder,
})
