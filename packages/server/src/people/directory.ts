import type { Account, UserId, UserIdKind } from "@colloquy/protocol";
import type { TObject } from "typebox";
import { Value } from "typebox/value";
import { expectUserId } from "../policies/userIds.ts";
import { remember } from "./remember.ts";

/**
 * Returns the accounts with these ids, in any order. Unknown ids are left out; fields that `accounts.shape` does not
 * name are ignored.
 */
export type FindAccounts = {
  // As a method, so that a host may say that its ids are numbers, or strings.
  find(ids: readonly UserId[]): Promise<readonly Person[]> | readonly Person[];
}["find"];
/** Any object with an id. */
type Person = { id: UserId } | { id: UserId; [field: string]: unknown };

/** A cache of the host's accounts, with the fields of the account's shape only. */
export interface Directory {
  /** The existing accounts, by id. */
  find(ids: Iterable<UserId>): Promise<ReadonlyMap<UserId, Account>>;
  /** All accounts, by id, to be shown; an account that does not exist is blank with an id. */
  show(ids: Iterable<UserId>): Promise<ReadonlyMap<UserId, Account>>;
  /** The same as a JSON list, which is reused for the same array while all of them are cached. */
  showAsText(ids: readonly UserId[]): Promise<string>;
  /** Removes a changed account from the cache. */
  forget(id: UserId): void;
}

export function openDirectory(
  findAccounts: FindAccounts,
  { shape, cacheSeconds, ids: kind }: { shape: TObject; cacheSeconds: number; ids: UserIdKind },
): Directory {
  const known = remember<Account>(async (ids) => {
    const found = new Map<UserId, Account>();
    for (const person of await findAccounts(ids)) {
      // Pushes are not serialised by a shape: what must not leave the server is left out here.
      const account = Value.Clean(shape, { ...person }) as Account;
      found.set(expectUserId(kind, account.id, "The result of findAccounts"), account);
    }
    return found;
  }, cacheSeconds * 1_000);
  let texts = new WeakMap<readonly UserId[], { text: string; until: number }>();

  const blank = blankOf(shape);

  async function show(ids: Iterable<UserId>): Promise<Map<UserId, Account>> {
    const asked = [...ids];
    const shown = await known.find(asked);
    for (const id of asked) if (!shown.has(id)) shown.set(id, { ...blank, id });
    return shown;
  }

  return {
    find: known.find,
    show,
    async showAsText(ids) {
      const written = texts.get(ids);
      if (written !== undefined && performance.now() < written.until) return written.text;
      // Whoever is looked up anew, or forgotten, while this waits for others may be in it as they were.
      const [own, until] = [texts, known.until(ids)];
      const shown = await show(ids);
      const text = JSON.stringify(ids.map((id) => shown.get(id)!));
      own.set(ids, { text, until });
      return text;
    },
    forget(id) {
      known.forget(id);
      texts = new WeakMap();
    },
  };
}

/** Null where the shape allows it, else the empty value of the type. */
function blankOf(shape: TObject): Account {
  const fields = Object.entries(shape.properties).filter(([name]) => shape.required?.includes(name));
  return Object.fromEntries(
    fields.map(([name, field]) => [name, Value.Check(field, null) ? null : Value.Create(field)]),
  ) as Account;
}
