import { setTimeout as sleep } from "node:timers/promises";
import { invalid, refused, texts } from "@colloquy/protocol";
import { isDeadlock, isLocked, takenKey } from "../database/conflicts.ts";
import type { Database, Queryable } from "../database/database.ts";
import { breaksUse } from "./outdated.ts";

const MAX_TRIES = 40;
/** Milliseconds until the next try, times the tries so far: what is in the way is one statement of somebody's. */
const PAUSE = 2;

/**
 * Changes schemas in one transaction. `work` is called again where it met rows that somebody else was locking at that
 * moment: an answer that is being written, or another author.
 *
 * @throws 400 where what it deletes came into use meanwhile, or somebody else took its name and version first
 */
export async function storing<Result>(
  { db }: { db: Database },
  work: (tx: Queryable) => Promise<Result>,
): Promise<Result> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    try {
      return await db.transaction(work);
    } catch (error) {
      if (isLocked(error) || isDeadlock(error)) {
        await sleep(PAUSE * (tries + 1));
        continue;
      }
      if (breaksUse(error)) throw invalid({ non_field_errors: [texts.IN_USE] });
      if (takenKey(error) === "schema_name_version_key") throw invalid({ version: [texts.versionTaken] });
      throw error;
    }
  }
  throw refused(503, "The schema is too busy. Try again.", { "retry-after": "1" });
}
