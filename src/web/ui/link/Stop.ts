/** Ends something that was begun, such as a call that nobody waits for any more. Calling it again does nothing. */
export type Stop = () => void
