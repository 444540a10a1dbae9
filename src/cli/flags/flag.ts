import * as Args from "@effect/cli/Args"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Option from "effect/Option"

/** How a flag is written: what has to be known to read a command line before its values are looked at. */
export interface FlagShape {
  readonly name: string
  readonly alias: string | undefined
  /** Other long names that mean the same. */
  readonly synonyms: ReadonlyArray<string>
  readonly takesValue: boolean
  /** What stands for the value in the help. */
  readonly placeholder: string
  /** Whether each occurrence counts, and not only the last. */
  readonly repeats: boolean
  /** Whether `@effect/cli` has it by itself. */
  readonly isBuiltIn: boolean
  readonly help: string
}

/** A flag: its shape, and how its value is read and described. */
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
})

/**
 * A value as it passes through `@effect/cli`, which cuts blanks off both ends of a value, drops an empty one and ends the
 * flags at any `--`.
 */
export const wrapped = (text: string): string => `=${text}=`

/** The value as it was given. */
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
  shape: shapeOf(name, description),
  options: withAlias(Options.boolean(name), description.alias).pipe(Options.withDescription(description.help)),
})

/** A flag with a value that may be left out. */
export const value = <A>(
  name: string,
  placeholder: string,
  parse: Parse<A>,
  description: Description,
): Flag<Option.Option<A>> => ({
  shape: shapeOf(name, description, placeholder),
  options: withAlias(Options.text(name), description.alias).pipe(
    Options.withPseudoName(placeholder),
    Options.withDescription(description.help),
    Options.mapEffect(checked(name, parse)),
    Options.optional,
  ),
})

/** A flag with a value that may be given several times. */
export const values = <A>(
  name: string,
  placeholder: string,
  parse: Parse<A>,
  description: Description,
): Flag<ReadonlyArray<A>> => ({
  shape: shapeOf(name, description, placeholder, true),
  options: withAlias(Options.text(name), description.alias).pipe(
    Options.withPseudoName(placeholder),
    Options.withDescription(description.help),
    Options.repeated,
    Options.mapEffect(Effect.forEach(checked(name, parse))),
  ),
})

/** The arguments that are no flags: any number of them, each as it was given. */
export const argumentsOf = (name: string): Args.Args<ReadonlyArray<string>> =>
  Args.repeated(Args.map(Args.text({ name }), unwrapped))

/** Takes any text. */
export const anyText: Parse<string> = (text) => Either.right(text)

/** Reads one of a few words. */
export const oneOf =
  <const A extends string>(...words: ReadonlyArray<A>): Parse<A> =>
  (text) => {
    const found = words.find((word) => word === text)
    return found === undefined
      ? Either.left({ message: `${JSON.stringify(text)} is not one of ${words.join(", ")}` })
      : Either.right(found)
  }

/** The options of a record of flags, in the form that `Command.make` takes. */
export const optionsOf = <Flags extends Record<string, Flag<unknown>>>(
  flags: Flags,
): { readonly [K in keyof Flags]: Flags[K]["options"] } =>
  // Sound: the mapped object has the same keys, each with that flag's own options.
  Object.fromEntries(Object.entries(flags).map(([key, flag]) => [key, flag.options])) as {
    readonly [K in keyof Flags]: Flags[K]["options"]
  }

/** The shapes of a record of flags. */
export const shapesOf = (flags: Record<string, Flag<unknown>>): ReadonlyArray<FlagShape> =>
  Object.values(flags).map((flag) => flag.shape)
