import {
  type FieldErrors,
  invalid,
  LONGEST_USER_ID,
  readBoolean,
  textProblems,
  texts,
  toUtc,
  type UserIdKind,
} from "@colloquy/protocol";
import sql, { join, raw, type Sql } from "sql-template-tag";
import type { Query } from "./resource.ts";

export interface Filterable {
  /** As in the query's SQL, with its table's alias; trusted. */
  column: string;
  kind: "integer" | "text" | "datetime" | "boolean" | "user";
}

export interface Filters {
  where: Sql[];
  /** What comes after ORDER BY; null where no known order is asked for. */
  order: Sql | null;
}

type Value = number | string | boolean;
type Reader = (text: string) => Value | { problem: string };

/** By kind; those of users' ids by what these are. */
type Readers = Record<Filterable["kind"], Reader>;

const readersOf = (ids: UserIdKind): Readers => ({
  ...readers,
  user: ids === "integer" ? readers.integer : readId,
});

const readId: Reader = (text) => {
  const [problem] = textProblems(text, LONGEST_USER_ID);
  return problem === undefined ? text : { problem };
};

const readers: Omit<Readers, "user"> = {
  integer: (text) => (isSafeInteger(text) ? Number(text) : { problem: texts.filterNumber }),
  text: (text) => (text.includes("\0") ? { problem: texts.nullCharacters } : text),
  datetime: (text) => readTime(text) ?? { problem: texts.filterDateTime },
  boolean: (text) => readBoolean(text) ?? { problem: texts.boolean },
};

const comparisons: Record<string, Sql> = {
  exact: sql`=`,
  gt: sql`>`,
  gte: sql`>=`,
  lt: sql`<`,
  lte: sql`<=`,
};

const LONGEST_LIST = 1000;

/**
 * Reads `?type=…`, `?id__gt=…` and `?ordering=-id,created` of a list's query. Names, lookups and orders that
 * are not known are ignored, empty values too; a value that does not parse is 400, all of them at once.
 * @param ids what users' ids are
 */
export function parseFilters<Name extends string>(
  query: Query,
  filterable: Record<Name, Filterable>,
  orderable: readonly NoInfer<Name>[] = [],
  ids: UserIdKind = "integer",
): Filters {
  const readers = readersOf(ids);
  const known = new Map<string, Filterable>(Object.entries(filterable) as [string, Filterable][]);
  const where: Sql[] = [];
  const problems: FieldErrors = {};
  for (const [key, text] of Object.entries(query)) {
    const [name = "", lookup = "exact", ...more] = key.split("__");
    const target = known.get(name);
    if (target === undefined || more.length > 0 || text === "") continue;
    const read = condition(readers, target, lookup, text);
    if (read !== null && "problem" in read) problems[key] = [read.problem];
    else if (read !== null) where.push(read);
  }
  if (Object.keys(problems).length > 0) throw invalid(problems);
  return { where, order: parseOrder(query.ordering, known, orderable) };
}

function condition(
  readers: Readers,
  { column, kind }: Filterable,
  lookup: string,
  text: string,
): Sql | { problem: string } | null {
  const left = raw(column);
  const comparison = Object.hasOwn(comparisons, lookup) ? comparisons[lookup] : undefined;
  if (comparison !== undefined)
    return withValue(readers[kind], text, (value) => sql`${left} ${comparison} ${typed(kind, value)}`);
  switch (lookup) {
    case "in":
      return among(readers[kind], left, kind, text);
    case "isnull":
      return withValue(readers.boolean, text, (value) =>
        value ? sql`${left} is null` : sql`${left} is not null`,
      );
    case "icontains":
      return withValue(readers.text, text, (value) => like(left, `%${escapeLike(String(value))}%`));
    case "istartswith":
      return withValue(readers.text, text, (value) => like(left, `${escapeLike(String(value))}%`));
    default:
      return null;
  }
}

function withValue(read: Reader, text: string, build: (value: Value) => Sql): Sql | { problem: string } {
  const value = read(text);
  return typeof value === "object" ? value : build(value);
}

function among(read: Reader, left: Sql, kind: Filterable["kind"], text: string): Sql | { problem: string } {
  const parts = text.split(",").filter(Boolean);
  if (parts.length > LONGEST_LIST) return { problem: texts.listTooLong(LONGEST_LIST) };
  const values = parts.map((part) => read(part.trim()));
  const wrong = values.find((value) => typeof value === "object");
  if (wrong !== undefined) return wrong;
  return values.length === 0
    ? sql`false`
    : sql`${left} in (${join(values.map((value) => typed(kind, value as Value)))})`;
}

/** A number that a small column cannot hold is still one that it can be compared with. */
function typed(kind: Filterable["kind"], value: Value): Sql {
  if (kind === "user") return sql`${value}::user_ref`;
  return kind === "integer" ? sql`${value}::bigint` : sql`${value}`;
}

// Cast, so that ids and times can be searched as text too.
function like(left: Sql, pattern: string): Sql {
  return sql`${left}::text ilike ${pattern}`;
}

export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, "\\$&");
}

function parseOrder(
  ordering: string | undefined,
  known: Map<string, Filterable>,
  orderable: readonly string[],
): Sql | null {
  // By name: repeating a name changes nothing of the order, and PostgreSQL takes only so many terms.
  const parts = new Map<string, Sql>();
  for (const part of (ordering ?? "").split(",")) {
    const name = part.trim().replace(/^-/, "");
    const target = known.get(name);
    if (target === undefined || !orderable.includes(name) || parts.has(name)) continue;
    const direction = part.trim().startsWith("-") ? sql`desc` : sql`asc`;
    parts.set(name, sql`${raw(target.column)} ${direction}`);
  }
  return parts.size === 0 ? null : join([...parts.values()], ", ");
}

function isSafeInteger(text: string): boolean {
  return /^\s*[+-]?\d+\s*$/.test(text) && Number.isSafeInteger(Number(text));
}

/** A time, or a date for its first moment. */
function readTime(text: string): string | undefined {
  const time = toUtc(/^\d{4}-\d{1,2}-\d{1,2}$/.test(text) ? `${text}T00:00` : text);
  return time === "out of range" ? undefined : time;
}
