import { refused } from "@colloquy/protocol";
import type { Database, Statement } from "../../database/database.ts";
import type { Log } from "../../log/publish.ts";
import { unlessOutdated } from "../../schemas/outdated.ts";
import type { SchemaStore } from "../../schemas/store.ts";
import { publishChange } from "./changeThread.ts";
import { schemasIn, type ThreadChange } from "./threadChange.ts";
import { writeChange } from "./writeChange.ts";

/** What it takes to begin a thread. */
export interface BeginDeps {
  db: Database;
  log: Pick<Log, "publish">;
  schemas: Pick<SchemaStore, "forget">;
}

const INSERT: Statement = {
  name: "thread_insert",
  text: "insert into thread (type, title) values ($1, $2) returning id",
};

/** What was decided is decided anew this often, where its schema is edited or deleted meanwhile. */
const MAX_TRIES = 20;

/**
 * Makes a thread with all that is in it from the start, together or not at all, and publishes it. `decide` may be
 * called more than once, and must only read. Answers the thread's id.
 */
export async function beginThread(
  { db, log, schemas }: BeginDeps,
  { type, title }: { type: string; title: string },
  decide: () => Promise<ThreadChange>,
): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const change = await decide();
    const writing = db.transaction(async (tx) => {
      const [thread] = await tx.query<{ id: number }>(INSERT, [type, title]);
      return { id: thread!.id, committed: (await writeChange(tx, thread!.id, 0, change, true))! };
    });
    const written = await unlessOutdated(schemas, schemasIn(change), writing);
    if (written === null) continue;
    publishChange(log, written.id, change, written.committed);
    return written.id;
  }
  throw refused(503, "The schema is too busy. Try again.", { "retry-after": "1" });
}
