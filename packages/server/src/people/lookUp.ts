import type { UserId } from "@colloquy/protocol";
import type { Database } from "../database/database.ts";
import { gather } from "../database/gather.ts";
import { type AccountRow, findAccounts } from "./queries.ts";

/** The server's own people who exist, of those asked for. */
export type LookUp = (ids: readonly UserId[]) => Promise<AccountRow[]>;

/** Lists of people who are looked up at once, and milliseconds in which further ones come. */
const MOST_AT_ONCE = 64;
const PACE = 5;

/** Looks several lists of people up at once. */
export function openLookUp(db: Database): LookUp {
  return gather<readonly UserId[], AccountRow[]>(db, { most: MOST_AT_ONCE, pace: PACE }, async (lists) => {
    const rows = await findAccounts(db, [...new Set(lists.flat())]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return lists.map((ids) => ids.flatMap((id) => byId.get(id) ?? []));
  });
}
