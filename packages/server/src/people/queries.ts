import type { Account, UserId } from "@colloquy/protocol";
import type { Queryable, Statement } from "../database/database.ts";

export interface AccountRow extends Account {
  is_superuser: boolean;
  language: string | null;
  time_zone: string | null;
}

const COLUMNS = "id, first_name, last_name, avatar, is_superuser, language, time_zone";

const FIND: Statement = { name: "accounts", text: `select ${COLUMNS} from account where id = any($1)` };

export function findAccounts(db: Queryable, ids: readonly UserId[]): Promise<AccountRow[]> {
  return db.query<AccountRow>(FIND, [ids]);
}

const ADD: Statement = {
  name: "account_add",
  text: `insert into account (first_name, last_name, avatar, is_superuser, language, time_zone)
    values ($1, $2, $3, $4, $5, $6) returning ${COLUMNS}`,
};

const ADD_WITH_ID: Statement = {
  name: "account_add_with_id",
  text: `insert into account (id, first_name, last_name, avatar, is_superuser, language, time_zone)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing returning ${COLUMNS}`,
};

// Where ids are integers, the next one that is given out must be another.
const PUT: Statement = {
  name: "account_put",
  text: `with added as (
      insert into account (id, first_name, last_name, avatar, is_superuser, language, time_zone)
      values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing returning id)
    select setval(pg_get_serial_sequence('account', 'id'), (select max(id) from (
      select id from account union all select id from added union all select 1) ids)) from added`,
};

export type NewAccount = { [Name in keyof Omit<AccountRow, "id">]?: AccountRow[Name] | undefined };

export async function addAccount(db: Queryable, account: NewAccount): Promise<AccountRow> {
  const [row] = await db.query<AccountRow>(ADD, values(account));
  return row!;
}

/** Makes an account with a given id, which is text; null where there is one. */
export async function addAccountAs(
  db: Queryable,
  id: string,
  account: NewAccount,
): Promise<AccountRow | null> {
  const [row] = await db.query<AccountRow>(ADD_WITH_ID, [id, ...values(account)]);
  return row ?? null;
}

/** Makes an account with a given id where there is none. */
export async function ensureAccount(db: Queryable, id: UserId, account: NewAccount): Promise<void> {
  await db.query(typeof id === "string" ? ADD_WITH_ID : PUT, [id, ...values(account)]);
}

function values(account: NewAccount): unknown[] {
  return [
    account.first_name ?? "",
    account.last_name ?? "",
    account.avatar ?? null,
    account.is_superuser ?? false,
    account.language ?? null,
    account.time_zone ?? null,
  ];
}

const LIST: Statement = {
  name: "accounts_list",
  text: `select ${COLUMNS} from account order by id limit $1 offset $2`,
};

export function listAccounts(db: Queryable, limit: number, offset: number): Promise<AccountRow[]> {
  return db.query<AccountRow>(LIST, [limit, offset]);
}
