import type { Account, UserId, UserIdKind } from "@colloquy/protocol";
import type { TObject } from "typebox";
import { Value } from "typebox/value";
import { expectUserId } from "../policies/userIds.ts";
import { remember } from "./remember.ts";

/** Accounts by ids, in any order; unknown ids are left out, and so is what `accounts.shape` does not name. */
export type FindAccounts = {
  // As a method, so that a host may say that its ids are numbers, or strings.
  find(ids: readonly UserId[]): Promise<readonly Person[]> | readonly Person[];
}["find"];
/** Any object with an id, written in place or not. */
type Person = { id: UserId } | { id: UserId; [field: string]: unknown };

/** The host's people, remembered for a few seconds; of each only what the account's shape names. */
export interface Directory {
  /** Those that exist, by id. */
  find(ids: Iterable<UserId>): Promise<ReadonlyMap<UserId, Account>>;
  /** All of them, by id, to be shown: whose account is gone is a blank with an id. */
  show(ids: Iterable<UserId>): Promise<ReadonlyMap<UserId, Account>>;
  /** The same as JSON: a list, which is not written again for the same array while all of them are remembered. */
  showAsText(ids: readonly UserId[]): Promise<string>;
  /** Forgets a person whose account changed. */
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

/** Null where the shape lets it be, else what is empty of its type. */
function blankOf(shape: TObject): Account {
  const fields = Object.entries(shape.properties).filter(([name]) => shape.required?.includes(name));
  return Object.fromEntries(
    fields.map(([name, field]) => [name, Value.Check(field, null) ? null : Value.Create(field)]),
  ) as Account;
}
