import { ApiError } from "@colloquy/protocol";
import { describe, expect, it } from "vitest";
import { pageOf, parsePage } from "./pagination.ts";

const base = "https://a.example/api/threads/1/messages";
const rows = (count: number, first = 1) =>
  Array.from({ length: count }, (_, index) => ({ id: first + index }));

function linksOf(search: string, count: number, first?: number) {
  const url = new URL(`${base}${search}`);
  const page = parsePage(Object.fromEntries(url.searchParams));
  const { next, previous } = pageOf(rows(count, first), page, url);
  const tail = (link: string | null) => link?.replace(base, "") ?? null;
  return { next: tail(next), previous: tail(previous) };
}

describe("limit and offset", () => {
  it.each([
    [{}, 20, 0],
    [{ limit: "5", offset: "3" }, 5, 3],
    [{ limit: "0" }, 20, 0],
    [{ limit: "-4" }, 20, 0],
    [{ limit: "x", offset: "x" }, 20, 0],
    [{ limit: "1.5", offset: "" }, 20, 0],
    [{ limit: "1000" }, 100, 0],
    [{ limit: "100", offset: "-50" }, 50, 0],
  ])("%j reads %i rows from %i", (query, limit, offset) => {
    expect(parsePage(query)).toMatchObject({ limit, offset });
  });

  it.each<Record<string, string>>([
    { offset: "-20" },
    { limit: "5", offset: "-9" },
    { limit: "1000000000" },
    { offset: "9".repeat(400) },
  ])("%j is refused", (query) => {
    expect(() => parsePage(query)).toThrow(ApiError);
    expect(() => parsePage(query)).toThrow("Incorrect offset or limit.");
  });

  it("links on while pages are full and back until the start", () => {
    expect(linksOf("?limit=5", 5)).toEqual({ next: "?limit=5&offset=5", previous: null });
    expect(linksOf("?limit=5", 4)).toEqual({ next: null, previous: null });
    expect(linksOf("?limit=5&offset=5", 5)).toEqual({ next: "?limit=5&offset=10", previous: "?limit=5" });
    expect(linksOf("?limit=5&offset=12", 1)).toEqual({ next: null, previous: "?limit=5&offset=7" });
    expect(linksOf("?limit=5&offset=3", 1).previous).toBe("?limit=5");
  });

  it("goes on after a shortened page where that one ended", () => {
    expect(linksOf("?limit=100&offset=-50", 50)).toEqual({ next: "?limit=100&offset=50", previous: null });
  });

  it("keeps the rest of the query", () => {
    expect(linksOf("?type=a&type=b&q=x%20y", 20).next).toBe("?type=a&type=b&q=x+y&limit=20&offset=20");
  });
});

describe("before and after an id", () => {
  it("goes on the way that was taken, and back", () => {
    expect(linksOf("?limit=3&before=10", 3, 7)).toEqual({
      next: "?limit=3&before=7",
      previous: "?limit=3&after=9",
    });
    expect(linksOf("?limit=3&before=3", 2)).toEqual({ next: null, previous: "?limit=3&after=2" });
    expect(linksOf("?limit=3&after=10", 3, 11)).toEqual({
      next: "?limit=3&after=13",
      previous: "?limit=3&before=11",
    });
    expect(linksOf("?after=10", 0)).toEqual({ next: null, previous: null });
  });

  it("reads no offset then, and refuses what is no id", () => {
    expect(parsePage({ before: "7", offset: "30" })).toMatchObject({ before: 7, offset: 0 });
    expect(() => parsePage({ after: "x" })).toThrow("A valid integer is required.");
    expect(() => parsePage({ before: "99999999999999999999" })).toThrow("A valid integer is required.");
  });
});
