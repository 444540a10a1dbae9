import { PayloadForm } from "../../src/cli/input/PayloadForm.ts"

/** The form of payloads without any flag. */
export const plainForm = new PayloadForm({ hex: false, ending: undefined, checksum: undefined })
