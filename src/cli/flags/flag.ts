import * as Args from "@effect/cli/Args"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import { parseYesNo } from "../../domain/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"

/** The syntax of a flag: enough to split a command line into flags and arguments without parsing the values. */
export interface FlagShape {
  readonly name: string
  readonly alias: string | undefined
  /** Other long names of the flag. */
  readonly synonyms: ReadonlyArray<string>
  readonly takesValue: boolean
  /** The name of the value in the help. */
  readonly placeholder: string
  /** Whether every occurrence counts. Otherwise only the last occurrence counts. */
  readonly repeats: boolean
  /** Whether the flag comes with `@effect/cli`. */
  readonly isBuiltIn: boolean
  readonly help: string
  /** Returns the reason why a text is not a value of the flag. Undefined for a valid value. */
  readonly problemOf: (text: string) => string | undefined
}

/** A flag: its syntax, and the parser and description of its value for `@effect/cli`. */
export interface Flag<A> {
  readonly shape: FlagShape
  readonly options: Options.Options<A>
}

interface Description {
  readonly alias?: string
  readonly synonyms?: ReadonlyArray<string>
  readonly help: string
}

type Parse<A> = (text: string) => Either.Either<A, { readonly message: string }>

const shapeOf = (
  name: string,
  { alias, help, synonyms = [] }: Description,
  parse: Parse<unknown>,
  placeholder?: string,
  repeats: boolean = false,
): FlagShape => ({
  name,
  alias,
  synonyms,
  takesValue: placeholder !== undefined,
  placeholder: placeholder ?? "",
  repeats,
  isBuiltIn: false,
  help,
  problemOf: (text) => Either.match(parse(text), { onLeft: ({ message }) => message, onRight: () => undefined }),
})

/**
 * Protects a value on its way through `@effect/cli`, which trims values, drops empty values and treats any `--` as the
 * end of the flags.
 */
export const wrapped = (text: string): string => `=${text}=`

/** Returns the text that {@link wrapped} has protected. */
export const unwrapped = (text: string): string => text.slice(1, -1)

const withAlias = <A>(options: Options.Options<A>, alias: string | undefined): Options.Options<A> =>
  alias === undefined ? options : Options.withAlias(options, alias)

const checked =
  <A>(name: string, parse: Parse<A>) =>
  (text: string): Effect.Effect<A, ValidationError.ValidationError> =>
    Either.match(parse(unwrapped(text)), {
      onLeft: (error) => Effect.fail(ValidationError.invalidValue(HelpDoc.p(`--${name}: ${error.message}`))),
      onRight: Effect.succeed,
    })

/** A flag without a value. */
export const toggle = (name: string, description: Description): Flag<boolean> => ({
  shape: shapeOf(name, description, parseYesNo),
  options: withAlias(Options.boolean(name), description.alias).pipe(Options.withDescription(description.help)),
})

/** An optional flag with a value. */
export const value = <A>(
  name: string,
  placeholder: string,
  parse: Parse<A>,
  description: Description,
): Flag<Option.Option<A>> => ({
  shape: shapeOf(name, description, parse, placeholder),
  options: withAlias(Options.text(name), description.alias).pipe(
    Options.withPseudoName(placeholder),
    Options.withDescription(description.help),
    Options.mapEffect(checked(name, parse)),
    Options.optional,
  ),
})

/** A flag with a value. The flag may be given several times. */
export const values = <A>(
  name: string,
  placeholder: string,
  parse: Parse<A>,
  description: Description,
): Flag<ReadonlyArray<A>> => ({
  shape: shapeOf(name, description, parse, placeholder, true),
  options: withAlias(Options.text(name), description.alias).pipe(
    Options.withPseudoName(placeholder),
    Options.withDescription(description.help),
    Options.repeated,
    Options.mapEffect(Effect.forEach(checked(name, parse))),
  ),
})

/** Any number of arguments, unchanged. */
export const argumentsOf = (name: string): Args.Args<ReadonlyArray<string>> =>
  Args.repeated(Args.map(Args.text({ name }), unwrapped))

/** Refuses the arguments of a command without arguments. */
export const refuseArguments = (command: string, args: ReadonlyArray<string>): Either.Either<void, CommandFailed> =>
  args.length === 0
    ? Either.void
    : Either.left(
        usageError(`tcpfx ${command} takes no arguments: ${args.map((arg) => JSON.stringify(arg)).join(" ")}`),
      )

/** Accepts any text. */
export const anyText: Parse<string> = (text) => Either.right(text)

/** Parses one of the given words. */
export const oneOf =
  <const A extends string>(...words: ReadonlyArray<A>): Parse<A> =>
  (text) => {
    const found = words.find((word) => word === text)
    return found === undefined
      ? Either.left({ message: `${JSON.stringify(text)} is not one of ${words.join(", ")}` })
      : Either.right(found)
  }

/** The options of a record of flags, for `Command.make`. */
export const optionsOf = <Flags extends Record<string, Flag<unknown>>>(
  flags: Flags,
): { readonly [K in keyof Flags]: Flags[K]["options"] } =>
  // The cast is sound: the result has the same keys, each with the options of its flag.
  Object.fromEntries(Object.entries(flags).map(([key, flag]) => [key, flag.options])) as {
    readonly [K in keyof Flags]: Flags[K]["options"]
  }

/** The shapes of a record of flags. */
export const shapesOf = (flags: Record<string, Flag<unknown>>): ReadonlyArray<FlagShape> =>
  Object.values(flags).map((flag) => flag.shape)
