const paths = {
  plus: "M8 3v10M3 8h10",
  cross: "M4 4l8 8M12 4l-8 8",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.5l7 4.5-7 4.5z",
  follow: "M8 3v8M4.5 7.5L8 11l3.5-3.5M4 13.5h8",
  trash: "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9",
  save: "M8 2.5v7M5 6.5l3 3 3-3M3 13h10",
  copy: "M5.5 5.5h8v8h-8zM3 10.5H2.5v-8h8V3",
  up: "M4 10l4-4 4 4",
  down: "M4 6l4 4 4-4",
  sun: "M8 5.2a2.8 2.8 0 100 5.6 2.8 2.8 0 000-5.6M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M12.6 3.4l-1.1 1.1M4.5 11.5l-1.1 1.1",
  moon: "M13 9.6A5.6 5.6 0 116.4 3a4.5 4.5 0 006.6 6.6z",
  system: "M2.5 3.5h11v7h-11zM6 13.5h4M8 10.5v3",
  keys: "M1.5 4.5h13v7h-13zM4 7h.01M6.7 7h.01M9.3 7h.01M12 7h.01M5 9.3h6",
  prompt: "M3 4.5l3.5 3.5L3 11.5M8 12h5",
  filter: "M2.5 3.5h11l-4.2 5v4l-2.6 1.3V8.5z",
  people:
    "M6 7.5a2.3 2.3 0 100-4.6 2.3 2.3 0 000 4.6M1.8 13c.2-2.5 1.8-4 4.2-4s4 1.5 4.2 4M10.5 3.2a2.2 2.2 0 010 4.2M12 9.4c1.4.5 2.2 1.8 2.3 3.6",
  more: "M2.6 8a.8.8 0 101.6 0 .8.8 0 00-1.6 0M7.2 8a.8.8 0 101.6 0 .8.8 0 00-1.6 0M11.8 8a.8.8 0 101.6 0 .8.8 0 00-1.6 0",
  edit: "M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3z",
  send: "M2.5 8h10M8.5 4l4 4-4 4",
  globe:
    "M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8M2 8h12M8 1.8c2 2 2.5 4 2.5 6.2S10 12.2 8 14.2C6 12.2 5.5 10.2 5.5 8S6 3.8 8 1.8",
} as const

export type IconName = keyof typeof paths

/** A picture beside or instead of a word. The control around it has the accessible name. */
export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d={paths[name]} />
  </svg>
)
