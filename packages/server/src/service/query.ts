import type { UserIdKind } from "@colloquy/protocol";
import {
  type Filterable,
  type Filters,
  type PageRequest,
  parseFilters,
  parsePage,
  type Query,
} from "../http/index.ts";

/**
 * What of a list is wanted, as a query of the API says it: `limit`, `offset`, `before` or `after` an id, `ordering`, and
 * filters such as `type` or `id__gt`.
 */
export type ListOptions = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What a list can be filtered and ordered by. */
export interface Listed {
  filters: Readonly<Record<string, Filterable>>;
  order: readonly string[];
}

const PAGING = ["limit", "offset", "before", "after", "ordering"];
/** The host is trusted with longer pages than a client. */
const LIMITS = { limit: 20, maximum: 1_000 };

/** The query that options stand for. @throws TypeError for an option that has none of these names */
export function queryOf(options: ListOptions, names: readonly string[]): Query {
  const given = Object.entries(options).filter(([, value]) => value != null);
  for (const [name] of given)
    if (!names.includes(name.split("__")[0]!)) throw new TypeError(`There is no option ${name}`);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}

/** The part of a list that options ask for. @throws TypeError for an unknown option, 400 for a value that does not parse */
export function partOf(
  options: ListOptions,
  { filters, order }: Listed,
  ids: UserIdKind,
): PageRequest & Filters {
  const query = queryOf(options, [...PAGING, ...Object.keys(filters)]);
  return { ...parsePage(query, LIMITS), ...parseFilters(query, filters, order, ids) };
}

/** A page of a list that is neither filtered nor ordered. @throws 400 */
export function pageOf(options: ListOptions): PageRequest {
  return parsePage(queryOf(options, PAGING), LIMITS);
}
