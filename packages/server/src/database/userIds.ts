import type { UserIdKind } from "@colloquy/protocol";
import { raw } from "sql-template-tag";
import type { Database, Queryable, Statement } from "./database.ts";
import { lockMigrations, MigrationRefused } from "./migrate.ts";

/** The base of the domain `user_ref`. Text in bytes: ids are opaque, and their order is the same wherever it runs. */
const BASES: Record<UserIdKind, string> = { integer: "bigint", string: 'text collate "C"' };

/** Which ids of the schema `colloquy` are meant, and what they shall be. */
export interface UserIdsOptions {
  /** The one that the database was opened with. */
  schema: string;
  ids: UserIdKind;
}

// Looked up each time: a prepared statement would keep that of before a conversion.
const DOMAIN = "to_regtype('user_ref')";

const KIND: Statement = {
  name: "user_ids.kind",
  text: `select case typbasetype when 'text'::regtype then 'string' else 'integer' end as kind
    from pg_type where oid = ${DOMAIN}`,
};

/** What users' ids are in a database that is up to date. */
async function userIdsOf(db: Queryable): Promise<UserIdKind> {
  const [row] = await db.query<{ kind: UserIdKind }>(KIND);
  return row!.kind;
}

/** A database in which there is nobody yet takes ids of either kind; answers whether it has those that are wanted. */
export async function adoptUserIds(database: Database, { schema, ids }: UserIdsOptions): Promise<boolean> {
  if ((await userIdsOf(database)) === ids) return true;
  return database.transaction(async (tx) => {
    await lockMigrations(tx, schema);
    // Another process may have come first.
    if ((await userIdsOf(tx)) === ids) return true;
    if (await hasPeople(tx)) return false;
    await convert(tx, ids);
    return true;
  });
}

/**
 * Makes users' ids strings or integers, all of them or, where one is no integer, none; answers whether they were not.
 * No server may run on the database meanwhile. @throws MigrationRefused
 */
export function convertUserIds(database: Database, { schema, ids }: UserIdsOptions): Promise<boolean> {
  return database.transaction(async (tx) => {
    await lockMigrations(tx, schema);
    if ((await userIdsOf(tx)) === ids) return false;
    // A big table takes longer than a statement may in service.
    await tx.query(raw("set local statement_timeout = 0"));
    await convert(tx, ids);
    return true;
  });
}

/** A table with the columns that hold users' ids, as SQL names them. */
interface UserColumns {
  table: string;
  columns: string[];
}

const COLUMNS: Statement = {
  name: "user_ids.columns",
  text: `select attrelid::regclass::text as "table", jsonb_agg(quote_ident(attname) order by attnum) as columns
    from pg_attribute join pg_class on pg_class.oid = attrelid
    where atttypid = ${DOMAIN} and relkind = 'r' and not attisdropped
    group by attrelid order by 1`,
};

/** Where a user's id stands in the data of a logged event. */
const IN_EVENT = "data ->> 'user'";

async function hasPeople(tx: Queryable): Promise<boolean> {
  const tables = await tx.query<UserColumns>(COLUMNS);
  const anybody = [...new Set([...tables.map(({ table }) => table), "account", "event"])];
  const [row] = await tx.query<{ yes: boolean }>(
    raw(`select ${anybody.map((table) => `exists (select from ${table})`).join(" or ")} as yes`),
  );
  return row!.yes;
}

const INDEXES: Statement = {
  name: "user_ids.indexes",
  text: `select objid::regclass::text as name, pg_get_indexdef(objid) as definition
    from pg_depend join pg_class on pg_class.oid = objid
    where classid = 'pg_class'::regclass and refobjid = ${DOMAIN} and relkind = 'i'`,
};

async function convert(tx: Queryable, ids: UserIdKind): Promise<void> {
  const tables = await tx.query<UserColumns>(COLUMNS);
  if (ids === "integer") await refuseText(tx, tables);
  // Those on an expression of the type; others follow their columns.
  const indexes = await tx.query<{ name: string; definition: string }>(INDEXES);
  const account = ids === "string" ? ACCOUNT_OF_STRINGS : ACCOUNT_OF_INTEGERS;
  const own = tables.filter(({ table }) => table !== "account");
  const statements = [
    ...indexes.map(({ name }) => `drop index ${name}`),
    "alter domain user_ref rename to user_ref_before",
    `create domain user_ref as ${BASES[ids]}`,
    ...own.map(({ table, columns }) => `alter table ${table} ${columns.map(ofNewType).join(", ")}`),
    ...account,
    "drop domain user_ref_before",
    `update event set data = jsonb_set(data, '{user}', to_jsonb((${IN_EVENT})::user_ref)) where ${IN_EVENT} is not null`,
    // Their answers have ids in them as they were.
    "delete from idempotency_key",
    ...indexes.map(({ definition }) => definition),
  ];
  for (const statement of statements) await tx.query(raw(statement));
}

function ofNewType(column: string): string {
  return `alter ${column} type user_ref using ${column}::text::user_ref`;
}

/** Integers are given out; a column that does so cannot be of a domain. */
const ACCOUNT_OF_STRINGS = [
  "alter table account alter id drop identity",
  `alter table account ${ofNewType("id")}`,
];
const ACCOUNT_OF_INTEGERS = [
  "alter table account alter id type bigint using id::text::bigint",
  "alter table account alter id add generated by default as identity",
  "select setval(pg_get_serial_sequence('account', 'id'), greatest(1, max(id)), max(id) is not null) from account",
];

/** Text that is no integer, or not written as one is, so that it would not come back as it was. */
const noInteger = (id: string) => `case when ${id} ~ '^(0|-?[1-9][0-9]{0,15})$'
  then abs(${id}::numeric) > ${Number.MAX_SAFE_INTEGER} else ${id} is not null end`;

/** @throws MigrationRefused, which names the first id that cannot be an integer */
async function refuseText(tx: Queryable, tables: readonly UserColumns[]): Promise<void> {
  const places = [
    ...tables.flatMap(({ table, columns }) => columns.map((column) => ({ table, id: `${column}::text` }))),
    { table: "event", id: `(${IN_EVENT})` },
  ];
  for (const { table, id } of places) {
    const [found] = await tx.query<{ id: string }>(
      raw(`select ${id} as id from ${table} where ${noInteger(id)} order by 1 limit 1`),
    );
    if (found !== undefined)
      throw new MigrationRefused(
        `The id ${JSON.stringify(found.id)} in ${table} is not an integer: users' ids stay strings, and nothing was changed`,
      );
  }
}
