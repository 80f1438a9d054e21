import type { Database } from "../../packages/server/src/database/database.ts";

/** A database whose answers to a statement can be kept back, while what it did is done. */
export interface HoldingDatabase extends Database {
  /** Statements of a name, from now on. `reached` once the database has answered one; all go on when released. */
  hold(name: string | RegExp): { reached: Promise<void>; release(): void };
}

export function holdAnswers(database: Database): HoldingDatabase {
  const held = new Map<string | RegExp, { reach(): void; released: Promise<void> }>();
  const holding = (statement: string) =>
    [...held].find(([name]) => (typeof name === "string" ? name === statement : name.test(statement)))?.[1];
  return {
    ...database,
    query: async <Row>(...asked: Parameters<Database["query"]>) => {
      const rows = await database.query<Row>(...asked);
      const one = "name" in asked[0] ? holding(asked[0].name) : undefined;
      one?.reach();
      await one?.released;
      return rows;
    },
    hold(name) {
      const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      held.set(name, { reach: reached.resolve, released: released.promise });
      const release = () => {
        held.delete(name);
        released.resolve();
      };
      return { reached: reached.promise, release };
    },
  };
}
