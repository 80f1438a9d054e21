import { LRUCache } from "lru-cache";
import type { Database } from "../database/database.ts";
import { memberIds } from "./queries.ts";

/** The first members of each thread, remembered until somebody joins or leaves. */
export interface MemberLists {
  /** User ids in the order of joining, as many as `users_data` shows. */
  of(thread: { id: number; members_revision: number }): Promise<readonly number[]>;
}

export function openMemberLists(db: Database, limit: number): MemberLists {
  const lists = new LRUCache<number, { revision: number; ids: readonly number[] }>({ max: 10_000 });
  return {
    async of({ id, members_revision }) {
      const known = lists.get(id);
      if (known?.revision === members_revision) return known.ids;
      const ids = await memberIds(db, id, limit);
      lists.set(id, { revision: members_revision, ids });
      return ids;
    },
  };
}
