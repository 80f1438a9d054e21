import { ApiError } from "@colloquy/protocol";
import fc from "fast-check";
import type { Sql } from "sql-template-tag";
import { expect, it } from "vitest";
import { parseFilters } from "./filters.ts";

const spec = {
  id: { column: "t.id", kind: "integer" },
  type: { column: "t.type", kind: "text" },
  created: { column: "t.created", kind: "datetime" },
  deprecated: { column: "s.deprecated", kind: "boolean" },
} as const;

const shown = (part: Sql | null | undefined) => part && [part.text, ...part.values];
const where = (query: Record<string, string>) => parseFilters(query, spec).where.map(shown);
const order = (ordering: string) => shown(parseFilters({ ordering }, spec, ["id", "created"]).order);

it.each([
  [{ id: "5" }, ["t.id = $1::bigint", 5]],
  [{ id__exact: "5" }, ["t.id = $1::bigint", 5]],
  [{ id__gt: "5" }, ["t.id > $1::bigint", 5]],
  [{ id__lte: "5" }, ["t.id <= $1::bigint", 5]],
  [{ id__in: "1, 2,3" }, ["t.id in ($1::bigint,$2::bigint,$3::bigint)", 1, 2, 3]],
  [{ id__in: "," }, ["false"]],
  [{ type: "chat" }, ["t.type = $1", "chat"]],
  [{ type__in: "a,b" }, ["t.type in ($1,$2)", "a", "b"]],
  [{ type__icontains: "50%_\\" }, ["t.type::text ilike $1", "%50\\%\\_\\\\%"]],
  [{ type__istartswith: "a" }, ["t.type::text ilike $1", "a%"]],
  [{ type__isnull: "true" }, ["t.type is null"]],
  [{ type__isnull: "False" }, ["t.type is not null"]],
  [{ created__gte: "2026-01-02T03:04:05+01:00" }, ["t.created >= $1", "2026-01-02T02:04:05Z"]],
  [{ created__lt: "2026-01-02" }, ["t.created < $1", "2026-01-02T00:00:00Z"]],
  [{ deprecated: "false" }, ["s.deprecated = $1", false]],
])("reads %j", (query, expected) => {
  expect(where(query as unknown as Record<string, string>)).toEqual([expected]);
});

it("ignores unknown names, lookups and empty values", () => {
  expect(
    where({ nope: "1", id__regex: "1", id__gt__lt: "1", id: "", __proto__x: "1", id__constructor: "2" }),
  ).toEqual([]);
});

it("reports every bad value", () => {
  const query = {
    id__in: "1,x",
    created: "tuesday",
    deprecated: "maybe",
    id: "9".repeat(30),
    type__isnull: "?",
  };
  const error = catchError(() => parseFilters(query, spec));
  expect(error.status).toBe(400);
  expect(error.body).toEqual({
    id__in: ["Enter a number."],
    created: ["Enter a valid date/time."],
    deprecated: ["Must be a valid boolean."],
    id: ["Enter a number."],
    type__isnull: ["Must be a valid boolean."],
  });
});

it("orders by known names only", () => {
  expect(order("-id,created")).toEqual(["t.id desc, t.created asc"]);
  expect(order("type,-id,nope")).toEqual(["t.id desc"]);
  expect(order("id;drop table x")).toBeNull();
  expect(order("")).toBeNull();
});

it("never puts what was sent into the SQL itself", () => {
  const keys = fc.constantFrom("id", "type", "type__in", "type__icontains", "created__gt", "deprecated");
  fc.assert(
    fc.property(fc.dictionary(keys, fc.string()), fc.string(), (query, ordering) => {
      const texts = attempt(() => parseFilters({ ...query, ordering }, spec, ["id"]));
      expect(texts).toMatch(/^[a-z. $\d,()<>=:]*$/);
    }),
  );
});

function attempt(run: () => { where: Sql[]; order: Sql | null }): string {
  try {
    const { where, order } = run();
    return [...where, ...(order ? [order] : [])].map((part) => part.text).join(", ");
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    return "";
  }
}

function catchError(run: () => unknown): ApiError {
  try {
    run();
  } catch (error) {
    return error as ApiError;
  }
  throw new Error("nothing was thrown");
}
