import type { Account } from "@colloquy/protocol";
import { LRUCache } from "lru-cache";
import type { TObject } from "typebox";
import { Value } from "typebox/value";
import type { FindAccounts } from "../settings.ts";

/** The host's people, remembered for a few seconds; of each only what the account's shape names. */
export interface Directory {
  /** Those that exist, by id. */
  find(ids: Iterable<number>): Promise<ReadonlyMap<number, Account>>;
  /** All of them, by id, to be shown: whose account is gone is a blank with an id. */
  show(ids: Iterable<number>): Promise<ReadonlyMap<number, Account>>;
  /** Forgets a person whose account changed. */
  forget(id: number): void;
}

export function openDirectory(
  findAccounts: FindAccounts,
  { shape, cacheSeconds }: { shape: TObject; cacheSeconds: number },
): Directory {
  const known = new LRUCache<number, Account>({ max: 10_000, ttl: Math.max(1, cacheSeconds * 1000) });

  const blank = blankOf(shape);

  async function find(ids: Iterable<number>): Promise<Map<number, Account>> {
    const found = new Map<number, Account>();
    const missing: number[] = [];
    for (const id of new Set(ids)) {
      const account = cacheSeconds > 0 ? known.get(id) : undefined;
      if (account === undefined) missing.push(id);
      else found.set(id, account);
    }
    if (missing.length === 0) return found;
    for (const person of await findAccounts(missing)) {
      // Pushes are not serialised by a shape: what must not leave the server is left out here.
      const account = Value.Clean(shape, { ...person }) as Account;
      found.set(account.id, account);
      if (cacheSeconds > 0) known.set(account.id, account);
    }
    return found;
  }

  return {
    find,
    async show(ids) {
      const asked = [...ids];
      const shown = await find(asked);
      for (const id of asked) if (!shown.has(id)) shown.set(id, { ...blank, id });
      return shown;
    },
    forget: (id) => known.delete(id),
  };
}

/** Null where the shape lets it be, else what is empty of its type. */
function blankOf(shape: TObject): Account {
  const fields = Object.entries(shape.properties).filter(([name]) => shape.required?.includes(name));
  return Object.fromEntries(
    fields.map(([name, field]) => [name, Value.Check(field, null) ? null : Value.Create(field)]),
  ) as Account;
}
