import { invalid, refused, texts, type UserId } from "@colloquy/protocol";
import sql, { raw, type Sql } from "sql-template-tag";
import type { Query } from "./resource.ts";

/** What part of a list is asked for. `before` and `after` are ids: keyset paging, at which offset is 0. */
export interface PageRequest {
  /** Rows to give, at least 1. */
  limit: number;
  offset: number;
  before: number | null;
  after: number | null;
  /** What `limit` says in the links: greater than `limit` where a negative offset shortened the page. */
  asked: number;
}

export interface PageLimits {
  limit?: number;
  maximum?: number;
}

export interface PageOf<Row> {
  next: string | null;
  previous: string | null;
  results: Row[];
}

const NUMBER = /^\s*[+-]?\d+\s*$/;
/** Nobody means more than this; the original crashed on it. */
const ABSURD = 999_999_999;

/** Reads `limit`, `offset`, `before` and `after`. A negative offset begins before the start and shortens the page. */
export function parsePage(query: Query, { limit: usual = 20, maximum = 100 }: PageLimits = {}): PageRequest {
  const wished = readNumber(query.limit);
  const from = readNumber(query.offset) ?? 0;
  if (Math.abs(wished ?? 0) > ABSURD || Math.abs(from) > ABSURD) throw refused(400, texts.wrongPage);
  const asked = Math.min(wished !== null && wished > 0 ? wished : usual, maximum);
  const before = readKey("before", query);
  const after = readKey("after", query);
  if (before !== null || after !== null) return { limit: asked, offset: 0, before, after, asked };
  const limit = asked + Math.min(from, 0);
  if (limit <= 0) throw refused(400, texts.wrongPage);
  return { limit, offset: Math.max(from, 0), before, after, asked };
}

/** The conditions of `before` and `after` on a column of ids. */
export function keyset(column: string, { before, after }: Pick<PageRequest, "before" | "after">): Sql[] {
  return [
    ...(before === null ? [] : [sql`${raw(column)} < ${before}`]),
    ...(after === null ? [] : [sql`${raw(column)} > ${after}`]),
  ];
}

/** The page around its rows, at most `limit` of them. `next` is null when fewer came back than asked for. */
export function pageOf<Row extends { id: UserId }>(rows: Row[], page: PageRequest, url: URL): PageOf<Row> {
  const keyed = page.before !== null || page.after !== null;
  const full = rows.length >= page.limit;
  return keyed
    ? { ...keyLinks(rows, page, url, full), results: rows }
    : { ...offsetLinks(page, url, full), results: rows };
}

function offsetLinks({ limit, offset, asked }: PageRequest, url: URL, full: boolean) {
  const previous = offset - asked;
  return {
    next: full ? link(url, { limit: asked, offset: offset + limit }) : null,
    previous: offset > 0 ? link(url, { limit: asked, offset: previous > 0 ? previous : null }) : null,
  };
}

/** `next` goes on the way that was taken (down from `before`, up from `after`), `previous` back. */
function keyLinks(rows: { id: UserId }[], { before, asked }: PageRequest, url: URL, full: boolean) {
  if (rows.length === 0) return { next: null, previous: null };
  // People are never listed by keys, so that these are numbers.
  const ids = rows.map((row) => Number(row.id));
  const down = link(url, { limit: asked, offset: null, before: Math.min(...ids), after: null });
  const up = link(url, { limit: asked, offset: null, before: null, after: Math.max(...ids) });
  return before === null
    ? { next: full ? up : null, previous: down }
    : { next: full ? down : null, previous: up };
}

function link(url: URL, changes: Record<string, number | null>): string {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) changed.searchParams.delete(name);
    else changed.searchParams.set(name, String(value));
  }
  return changed.href;
}

function readNumber(text: string | undefined): number | null {
  return text !== undefined && NUMBER.test(text) ? Number(text) : null;
}

function readKey(name: "before" | "after", query: Query): number | null {
  const text = query[name];
  if (text === undefined || text === "") return null;
  const id = readNumber(text);
  if (id === null || !Number.isSafeInteger(id)) throw invalid({ [name]: [texts.integer] });
  return id;
}
