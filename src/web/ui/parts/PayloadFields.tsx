import type { Draft } from "../state/Draft.ts"
import { endings, forms, wrongOffset } from "../state/Draft.ts"
import { isOneOf } from "../state/kept.ts"
import { choices } from "../state/workspace.ts"
import { words } from "../words/index.ts"

const isForm = isOneOf(forms)
const isEnding = isOneOf(endings)
const isOrder = isOneOf(["", "big", "little"] as const)

/** The settings of a payload: form, encoding, line ending, escapes, checksum. */
export const PayloadFields = ({ draft }: { readonly draft: Draft }) => {
  const w = words.value
  const formNames = { text: w.formText, hex: w.formHex, base64: w.formBase64, file: w.formFile }
  const endingNames = { none: w.endingNone, lf: "LF \\n", crlf: "CRLF \\r\\n", cr: "CR \\r" }
  const text = draft.form.value === "text"
  const { checksum } = draft
  const own = checksum.value !== "" && !choices.value.checksums.includes(checksum.value)
  return (
    <div class="payload-fields">
      <select
        aria-label={w.form}
        value={draft.form.value}
        onChange={(event) => {
          if (isForm(event.currentTarget.value)) draft.form.value = event.currentTarget.value
        }}
      >
        {forms.map((form) => (
          <option key={form} value={form}>
            {formNames[form]}
          </option>
        ))}
      </select>
      {text && (
        <>
          <select
            aria-label={w.encoding}
            value={draft.encoding.value}
            onChange={(event) => {
              draft.encoding.value = event.currentTarget.value
            }}
          >
            <option value="">{w.encodingOfRecipient}</option>
            {choices.value.encodings.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
          <select
            aria-label={w.ending}
            value={draft.ending.value}
            onChange={(event) => {
              if (isEnding(event.currentTarget.value)) draft.ending.value = event.currentTarget.value
            }}
          >
            {endings.map((ending) => (
              <option key={ending} value={ending}>
                {endingNames[ending]}
              </option>
            ))}
          </select>
          <label class="check" title={w.escapesHelp}>
            <input
              type="checkbox"
              checked={draft.escapes.value}
              onChange={(event) => {
                draft.escapes.value = event.currentTarget.checked
              }}
            />
            {w.escapes}
          </label>
        </>
      )}
      <select
        aria-label={w.checksum}
        value={own ? "crc:" : checksum.value}
        onChange={(event) => {
          checksum.value = event.currentTarget.value === "crc:" ? "crc:16,8005,ffff,0,ref" : event.currentTarget.value
        }}
      >
        <option value="">{w.checksumNone}</option>
        {choices.value.checksums.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
        <option value="crc:">{w.checksumOwn}</option>
      </select>
      {checksum.value !== "" && (
        <span class="checksum-more">
          {own && (
            <input
              class="checksum-own"
              aria-label={w.checksumOwn}
              value={checksum.value}
              onInput={(event) => {
                checksum.value = event.currentTarget.value
              }}
            />
          )}
          <select
            aria-label={w.checksumOrder}
            value={draft.order.value}
            onChange={(event) => {
              if (isOrder(event.currentTarget.value)) draft.order.value = event.currentTarget.value
            }}
          >
            <option value="">{w.checksumOrderDefault}</option>
            <option value="big">{w.big}</option>
            <option value="little">{w.little}</option>
          </select>
          {(
            [
              ["from", w.checksumFrom, "0"],
              ["to", w.checksumTo, w.checksumAtHint],
              ["at", w.checksumAt, w.checksumAtHint],
            ] as const
          ).map(([field, label, hint]) => (
            <label class="inline" key={field}>
              {label}
              <input
                class="short"
                inputMode="numeric"
                placeholder={hint}
                aria-invalid={wrongOffset(draft) === field}
                value={draft[field].value}
                onInput={(event) => {
                  draft[field].value = event.currentTarget.value
                }}
              />
            </label>
          ))}
        </span>
      )}
    </div>
  )
}
