import { nkeys } from "@nats-io/transport-node"

const text = new TextEncoder()
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

type KeyPair = ReturnType<typeof nkeys.createUser>

/** Makes a JWT of NATS: claims about the key `sub`, signed by `by`. */
const jwtOf = (sub: KeyPair, by: KeyPair, nats: object): string => {
  const claims = {
    jti: "test",
    iat: 1_700_000_000,
    iss: by.getPublicKey(),
    name: "test",
    sub: sub.getPublicKey(),
    nats,
  }
  const signed = `${part({ typ: "JWT", alg: "ed25519-nkey" })}.${part(claims)}`
  return `${signed}.${Buffer.from(by.sign(text.encode(signed))).toString("base64url")}`
}

/** An operator with one account and one user: the configuration of a server, and the credentials file of the user. */
export const makeCredentials = (): { readonly config: string; readonly content: string } => {
  const operator = nkeys.createOperator()
  const account = nkeys.createAccount()
  const user = nkeys.createUser()
  const all = { subs: -1, data: -1, payload: -1 }
  const limits = { ...all, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 }
  const accountJwt = jwtOf(account, operator, { type: "account", version: 2, limits })
  const userJwt = jwtOf(user, account, { type: "user", version: 2, pub: {}, sub: {}, ...all })
  const operatorJwt = jwtOf(operator, operator, { type: "operator", version: 2 })
  const seed = new TextDecoder().decode(user.getSeed())
  return {
    config: `operator: ${operatorJwt}\nresolver: MEMORY\nresolver_preload: { ${account.getPublicKey()}: ${accountJwt} }\n`,
    content: `-----BEGIN NATS USER JWT-----\n${userJwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
  }
}
