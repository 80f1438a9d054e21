import { type Account, fields, invalid, notFound, texts, type UserId } from "@colloquy/protocol";
import {
  type AccountRow,
  addAccount,
  addAccountAs,
  listAccounts,
  type NewAccount,
} from "../people/queries.ts";
import { AccountFields, type PeopleDeps } from "../people/routes.ts";
import type { Host } from "./host.ts";
import { pageOf } from "./query.ts";

/** People: the standalone server's own, or as the host's `findAccounts` shows them. */
export interface AccountService {
  /** Somebody as others see them. @throws 404 where there is nobody */
  get(user: UserId): Promise<Account>;
  /** The standalone server's people, by id; at most 20 unless `limit` says otherwise. */
  list(options?: { limit?: number; offset?: number }): Promise<AccountRow[]>;
  /** Adds somebody to the standalone server; `id` where `accounts.ids` says `string`, else it is given out. */
  add(account: NewAccount & { id?: string }): Promise<AccountRow>;
}

const NewAccountBody = fields(AccountFields);

export function accountService({ db, people, settings }: PeopleDeps, host: Host): AccountService {
  return {
    async get(user) {
      const account = (await people.find([host.user(user)])).get(user);
      if (account === undefined) throw notFound();
      return account;
    },
    async list(options = {}) {
      const { limit, offset } = pageOf({ ...options });
      return listAccounts(db, limit, offset);
    },
    async add({ id, ...told }) {
      if (settings.findAccounts !== undefined) throw notFound();
      const account = host.read(NewAccountBody, told);
      if (account.first_name === undefined) throw invalid({ first_name: [texts.required] });
      if (settings.accounts.ids === "integer") return addAccount(db, account);
      const added = await addAccountAs(db, String(host.user(id!)), account);
      if (added === null) throw invalid({ id: [texts.accountExists] });
      return added;
    },
  };
}
