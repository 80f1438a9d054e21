import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ApiError, denied, errors, invalid, notFound, refused, texts, unauthorized } from "./errors.ts";

const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
const listed = [...page.matchAll(/^\| `(\w+)` \| (\d{3}) \|/gm)].map(([, name, status]) => [
  name,
  Number(status),
]);

it("lists exactly the error table in docs/errors.md", () => {
  expect(listed).toEqual(Object.entries(errors).map(([name, { status }]) => [name, status]));
});

it("names the values of every text that takes some, and of no other", () => {
  for (const [name, entry] of Object.entries(errors)) {
    const takes = typeof entry.text === "function" ? entry.text.length : 0;
    expect([name, "values" in entry ? entry.values.length : 0]).toEqual([name, takes]);
  }
});

it("keeps codes in capitals the same as their names", () => {
  const codes = Object.entries(errors).filter(([name]) => name === name.toUpperCase());
  expect(codes.length).toBeGreaterThan(15);
  for (const [name, { text }] of codes) expect(text).toBe(name);
});

describe("what is thrown", () => {
  it("carries status, body and headers", () => {
    expect(invalid({ text: [texts.REQUIRED] })).toMatchObject({ status: 400, body: { text: ["REQUIRED"] } });
    expect(denied()).toMatchObject({ status: 403, body: { detail: texts.denied } });
    expect(notFound()).toMatchObject({ status: 404, body: { detail: "Not found." } });
    expect(unauthorized()).toMatchObject({
      status: 401,
      headers: { "www-authenticate": 'Bearer realm="api"' },
    });
    expect(refused(429, texts.tooManyRequests, { "retry-after": "3" })).toMatchObject({
      status: 429,
      headers: { "retry-after": "3" },
    });
  });

  it("reads well in a log", () => {
    expect(notFound()).toBeInstanceOf(ApiError);
    expect(String(notFound())).toBe('ApiError: 404 {"detail":"Not found."}');
  });
});
