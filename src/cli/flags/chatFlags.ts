import * as Either from "effect/Either"
import { chatNameProblem } from "../../chat/index.ts"
import { value } from "./flag.ts"

const parseName = (name: string): Either.Either<string, { readonly message: string }> => {
  const problem = chatNameProblem(name)
  return problem === undefined ? Either.right(name) : Either.left({ message: `${JSON.stringify(name)}: ${problem}` })
}

/** The flag of a chat. */
export const chatFlags = {
  operator: value("operator", "NAME", parseName, {
    help: "With --mode chat: the name of the operator, whose texts come from standard input and the console (default operator).",
  }),
}
