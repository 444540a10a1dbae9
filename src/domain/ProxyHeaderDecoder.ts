import * as Either from "effect/Either"
import type { ProxyHeader } from "./ProxyHeader.ts"
import { maxProxyLineBytes, problemOfLine, readProxyLine } from "./proxyHeaderV1.ts"
import { problemOfHead, proxyBlockHeadBytes, proxyBlockLength, readProxyBlock } from "./proxyHeaderV2.ts"

/** The state of a {@link ProxyHeaderDecoder} after a read. */
export type ProxyHeaderProgress =
  | { readonly _tag: "NeedMore" }
  /**
   * The header is complete. `rest` is a view of the bytes after the header in the same read: the first bytes of the
   * client.
   */
  | { readonly _tag: "Done"; readonly header: ProxyHeader; readonly rest: Uint8Array }
  /** The header is missing or invalid. `problem` describes the defect in words that follow "PROXY header: ". */
  | { readonly _tag: "Invalid"; readonly problem: string }

const needMore: ProxyHeaderProgress = { _tag: "NeedMore" }
const firstOfLine = 0x50
const firstOfBlock = 0x0d
const newline = 0x0a

/**
 * Decodes the PROXY header (version 1 or 2) at the beginning of one connection, over any number of reads. Decoding
 * fails at the first byte that no valid header can have at its position. The decoder buffers at most
 * `limits.proxyHeaderBytes`.
 *
 * @example
 * import { ProxyHeaderDecoder, tcpEndpoint } from "tcpfx/domain"
 *
 * const decoder = new ProxyHeaderDecoder()
 * const bytes = new TextEncoder().encode("PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\nhello")
 * assert.deepEqual(decoder.push(bytes.subarray(0, 20)), { _tag: "NeedMore" })
 * const progress = decoder.push(bytes.subarray(20))
 * assert.deepEqual(progress._tag === "Done" && progress.header.source, tcpEndpoint("192.0.2.7", 56324))
 * assert.deepEqual(progress._tag === "Done" && new TextDecoder().decode(progress.rest), "hello")
 */
export class ProxyHeaderDecoder {
  private held = new Uint8Array(maxProxyLineBytes)
  private length = 0
  private end: Exclude<ProxyHeaderProgress, { readonly _tag: "NeedMore" }> | undefined

  /** Decodes the bytes of one read. After the end of the header, `push` returns all bytes as `rest`. */
  push(bytes: Uint8Array): ProxyHeaderProgress {
    if (this.end !== undefined) return this.end._tag === "Done" ? { ...this.end, rest: bytes } : this.end
    let at = 0
    while (at < bytes.length) {
      if (this.isBlock() && this.length >= proxyBlockHeadBytes) {
        const taken = bytes.subarray(at, at + proxyBlockLength(this.held) - this.length)
        this.held.set(taken, this.length)
        this.length += taken.length
        at += taken.length
      } else {
        this.held[this.length++] = bytes[at++] as number
        const problem = this.problemOfLast()
        if (problem !== undefined) return this.finish({ _tag: "Invalid", problem })
      }
      const found = this.whole()
      if (found === undefined) continue
      return this.finish(
        Either.isRight(found)
          ? { _tag: "Done", header: found.right, rest: bytes.subarray(at) }
          : { _tag: "Invalid", problem: found.left },
      )
    }
    return needMore
  }

  /** The number of buffered bytes of an incomplete header. */
  pending(): number {
    return this.length
  }

  private isBlock(): boolean {
    return this.held[0] === firstOfBlock
  }

  private problemOfLast(): string | undefined {
    if (this.length > 1 || this.held[0] === firstOfLine || this.isBlock()) {
      const problemOf = this.isBlock() ? problemOfHead : problemOfLine
      return problemOf(this.held, this.length)
    }
    return "it is missing"
  }

  /** Returns the header once it is complete. */
  private whole(): Either.Either<ProxyHeader, string> | undefined {
    if (!this.isBlock()) {
      return this.held[this.length - 1] === newline ? readProxyLine(this.held.subarray(0, this.length)) : undefined
    }
    if (this.length < proxyBlockHeadBytes) return undefined
    const length = proxyBlockLength(this.held)
    if (this.length === length) return readProxyBlock(this.held.subarray(0, length))
    if (this.length === proxyBlockHeadBytes) this.makeRoom(length)
    return undefined
  }

  private makeRoom(length: number): void {
    if (length <= this.held.length) return
    const grown = new Uint8Array(length)
    grown.set(this.held.subarray(0, this.length))
    this.held = grown
  }

  private finish(end: Exclude<ProxyHeaderProgress, { readonly _tag: "NeedMore" }>): ProxyHeaderProgress {
    this.held = empty
    this.length = 0
    // `rest` is a view of the read buffer, so keeping `rest` would keep the whole buffer alive.
    this.end = end._tag === "Done" ? { ...end, rest: empty } : end
    return end
  }
}

const empty = new Uint8Array(0)
