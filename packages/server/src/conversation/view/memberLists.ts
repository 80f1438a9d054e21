import type { UserId } from "@colloquy/protocol";
import { LRUCache } from "lru-cache";
import type { Database } from "../../database/database.ts";
import { memberIds } from "./viewQueries.ts";

/** The first members of each thread, remembered until somebody joins or leaves. */
export interface MemberLists {
  /** By thread: user ids in the order of joining, as many as `users_data` shows. */
  of(threads: readonly Listed[]): Promise<ReadonlyMap<number, readonly UserId[]>>;
}

interface Listed {
  id: number;
  members_revision: number;
}

export function openMemberLists(db: Database, limit: number): MemberLists {
  const lists = new LRUCache<number, { revision: number; ids: readonly UserId[] }>({ max: 10_000 });
  return {
    async of(threads) {
      const found = new Map<number, readonly UserId[]>();
      const missing = new Map<number, number>();
      for (const { id, members_revision } of threads) {
        const known = lists.get(id);
        if (known?.revision === members_revision) found.set(id, known.ids);
        else missing.set(id, members_revision);
      }
      if (missing.size === 0) return found;
      for (const { thread_id, ids } of await memberIds(db, [...missing.keys()], limit)) {
        found.set(thread_id, ids);
        lists.set(thread_id, { revision: missing.get(thread_id)!, ids });
      }
      return found;
    },
  };
}
