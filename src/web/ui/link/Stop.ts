/** Stops an activity, such as a call or a watch. Further calls have no effect. */
export type Stop = () => void
