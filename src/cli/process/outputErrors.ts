import * as Data from "effect/Data"

/** The system's codes of errors of standard streams, in words. */
export const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left on the disk",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file has reached its largest allowed size (ulimit -f)",
  EROFS: "the file system is read-only",
  EIO: "an input/output error",
  EBADF: "it is not open for that",
  EISDIR: "it is a directory",
  EACCES: "permission denied",
}

const inWords = (code: string): string => {
  const reason = reasons[code]
  return reason === undefined ? code : `${reason}, ${code}`
}

/**
 * The reader of standard output has gone: there is nobody left to work for. A pipe whose reader ends is a clean end
 * (`"reader"`); a terminal that goes away ends the command like SIGHUP (`"terminal"`).
 */
export class OutputClosed extends Data.TaggedError("OutputClosed")<{ readonly by: "reader" | "terminal" }> {}

/** Standard output could not be written for another reason, such as a full disk. */
export class OutputFailed extends Data.TaggedError("OutputFailed")<{ readonly code: string }> {
  override get message(): string {
    return `standard output cannot be written (${inWords(this.code)})`
  }
}

/** Standard input cannot be read: it is a directory, say. */
export class InputFailed extends Data.TaggedError("InputFailed")<{ readonly code: string }> {
  override get message(): string {
    return `standard input cannot be read (${inWords(this.code)})`
  }
}
