import { render } from "preact"
import { followKeys, Page } from "./Page.tsx"
import { applyPreferences } from "./state/preferences.ts"
import { followWorkspace } from "./state/workspace.ts"
import "./style/main.css"

applyPreferences()
followWorkspace()
followKeys()

const root = document.getElementById("page")
if (root !== null) render(<Page />, root)
