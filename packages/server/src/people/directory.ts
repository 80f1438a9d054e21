import type { Account } from "@colloquy/protocol";
import { LRUCache } from "lru-cache";
import type { FindAccounts } from "../settings.ts";

/** The host's people, remembered for a few seconds. */
export interface Directory {
  /** Those that exist, by id. */
  find(ids: Iterable<number>): Promise<ReadonlyMap<number, Account>>;
  /** Forgets a person whose account changed. */
  forget(id: number): void;
}

export function openDirectory(findAccounts: FindAccounts, cacheSeconds: number): Directory {
  const known = new LRUCache<number, Account>({ max: 10_000, ttl: Math.max(1, cacheSeconds * 1000) });
  return {
    async find(ids) {
      const found = new Map<number, Account>();
      const missing: number[] = [];
      for (const id of new Set(ids)) {
        const account = cacheSeconds > 0 ? known.get(id) : undefined;
        if (account === undefined) missing.push(id);
        else found.set(id, account);
      }
      if (missing.length === 0) return found;
      for (const account of await findAccounts(missing)) {
        found.set(account.id, account);
        if (cacheSeconds > 0) known.set(account.id, account);
      }
      return found;
    },
    forget: (id) => known.delete(id),
  };
}

/** Who is shown where an account is gone: the id and nothing else. */
export function nobody(id: number): Account {
  return { id, first_name: "", last_name: "", avatar: null };
}
