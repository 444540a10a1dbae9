import { words } from "../words/index.ts"

/**
 * The status of a window while the page has no connection to tcpfx. The last state that the page has received may be
 * out of date.
 */
export const StatusUnknown = () => (
  <div class="status" role="status">
    <span class="status-now">
      <span class="dot dot-off" />
      <span class="status-text">{words.value.statusUnknown}</span>
    </span>
  </div>
)
