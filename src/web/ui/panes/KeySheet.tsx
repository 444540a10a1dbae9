import { words } from "../words/index.ts"
import { Sheet } from "./Sheet.tsx"

/** The list of the keys of the page. */
export const KeySheet = ({ close }: { readonly close: () => void }) => {
  const w = words.value
  const lines: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
    [["Ctrl", "Enter"], w.keySend],
    [["Ctrl", "L"], w.keyListen],
    [["Ctrl", "K"], w.keyCommand],
    [["/"], w.keyFilter],
    [["End"], w.keyFollow],
    [["Alt", "1…9"], w.keyTabs],
    [["↑", "↓"], w.keyHistory],
    [["↑", "↓"], w.keyRows],
    [["Enter"], w.keyDump],
    [["Ctrl", "C"], w.keyCopy],
    [["?"], w.keySheet],
  ]
  return (
    <Sheet label={w.keys} close={close}>
      <dl class="keys">
        {lines.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  )
}
