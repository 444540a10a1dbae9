import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import * as Option from "effect/Option"
import { Framing } from "tcpfx/domain"
import { Attribute, Middleware, PeerRefusedError, Server, type ServerConnection } from "tcpfx/server"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** The user who is logged in on a connection, as an attribute that `server.connections` shows. */
export const User = Attribute.make("user", () => "nobody")

/** Broadcasts each line with the name of its user. It needs a user, so it compiles only behind the authentication. */
const speak = (connection: ServerConnection & { readonly user: string }) =>
  connection.runForEach((line) => connection.broadcast(bytes(`${connection.user}: ${text(line)}`)))

/** Authenticates a connection by its first line: `NAME PASSWORD`. */
const login = (passwords: ReadonlyMap<string, string>) =>
  Middleware.authenticate({
    as: "user",
    attribute: User,
    within: "5 seconds",
    login: (connection) =>
      Effect.gen(function* () {
        const first = Option.getOrElse(yield* connection.receive, () => new Uint8Array())
        const [name = "", password = ""] = text(first).split(" ")
        if (password === "" || passwords.get(name) !== password) {
          return yield* new PeerRefusedError({ reason: "unknown name or wrong password" })
        }
        yield* connection.send(bytes(`welcome ${name}`))
        return name
      }),
    answer: ({ reason }) => bytes(`refused: ${reason}`),
  })

/** A chat with logins. Each peer may send ten lines per second. The last middleware in the pipe is the outermost. */
export const speaker = (passwords: ReadonlyMap<string, string>) =>
  Effect.gen(function* () {
    const server = yield* Server.make({
      settings: { frame: Framing.line },
      handler: pipe(
        speak,
        login(passwords),
        Middleware.rateLimit({ messages: 10, per: "1 second", whenExceeded: "refuse" }),
        Middleware.logging(),
        Middleware.metrics({ tags: { server: "speaker" } }),
      ),
    })
    const { endpoint } = yield* server.listen("127.0.0.1:0")
    return { server, endpoint }
  })
