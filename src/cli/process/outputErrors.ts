import * as Data from "effect/Data"

/** The reasons for system error codes of standard streams, in words. */
export const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left on the disk",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file has reached its largest allowed size (ulimit -f)",
  EROFS: "the file system is read-only",
  EIO: "an input/output error",
  EBADF: "the descriptor is not open for this",
  EISDIR: "it is a directory",
  EACCES: "permission denied",
}

const inWords = (code: string): string => {
  const reason = reasons[code]
  return reason === undefined ? code : `${reason}, ${code}`
}

/**
 * Standard output has no reader any more, so the command ends. If the reader of a pipe has closed the pipe
 * (`"reader"`), the end is clean. If a terminal has hung up (`"terminal"`), the command ends as with SIGHUP.
 */
export class OutputClosed extends Data.TaggedError("OutputClosed")<{ readonly by: "reader" | "terminal" }> {}

/** Standard output cannot be written for another reason, such as a full disk. */
export class OutputFailed extends Data.TaggedError("OutputFailed")<{ readonly code: string }> {
  override get message(): string {
    return `standard output cannot be written (${inWords(this.code)})`
  }
}

/** Standard input cannot be read, for example because it is a directory. */
export class InputFailed extends Data.TaggedError("InputFailed")<{ readonly code: string }> {
  override get message(): string {
    return `standard input cannot be read (${inWords(this.code)})`
  }
}
