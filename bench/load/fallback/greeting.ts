import type { Connection } from "./connection.ts"
import { WorkFailed } from "./ending.ts"
import { helloPublisher } from "./messages.ts"
import type { Records } from "./records.ts"
import type { Subscriber } from "./subscriber.ts"
import { now, until } from "./timing.ts"

const intervalMillis = 10
const checkMillis = 1
const mostMillis = 20_000

/** Sends hellos until every subscriber has heard one: then the server knows them all. */
export const greetUntilHeard = async (
  greeters: ReadonlyArray<Connection>,
  subscribers: ReadonlyArray<Subscriber>,
  records: Records,
): Promise<void> => {
  const begun = now()
  let next = begun
  for (let hellos = 0; subscribers.some(({ checker }) => !checker.heardHello); ) {
    const time = now()
    if (subscribers.some(({ connection, checker }) => !connection.isOpen && !checker.heardHello))
      throw new WorkFailed("the server closed a connection before the work began")
    if (time - begun > mostMillis) throw new WorkFailed("not every subscriber gets what is published")
    if (time >= next) {
      const hello = Buffer.alloc(records.sent.size)
      records.sent.write(hello, 0, helloPublisher, hellos++)
      for (const greeter of greeters) greeter.write(hello)
      next = time + intervalMillis
    }
    await until(time + checkMillis)
  }
}
