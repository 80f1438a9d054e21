import { expect, test } from "vitest";
import { compileExpression } from "./expression.ts";
import { isIdentifier } from "./identifiers.ts";
import { toQid, truthy } from "./truth.ts";
import type { Value } from "./values.ts";

test("an expression tells which variables it reads, each once", () => {
  const { names, source } = compileExpression(" score + max(bonus, score) if done else 'text' ");
  expect([...names].sort()).toEqual(["bonus", "done", "score"]);
  expect(source).toBe(" score + max(bonus, score) if done else 'text' ");
});

test("a name that the scope lacks reads as 0, whatever objects inherit", () => {
  for (const name of ["unknown", "constructor", "toString", "__proto__", "hasOwnProperty"]) {
    expect(compileExpression(`str(${name})`).evaluate({})).toBe("0");
  }
  expect(compileExpression("__proto__ + 1").evaluate(JSON.parse('{"__proto__": 4}'))).toBe(5);
});

test("a variable may be called like a function", () => {
  expect(compileExpression("max(max, 3) + len").evaluate({ max: 9 })).toBe(9);
});

test("a scope without a prototype is a scope", () => {
  expect(compileExpression("a").evaluate(Object.assign(Object.create(null), { a: 1 }))).toBe(1);
});

test("evaluating changes neither the scope nor later results", () => {
  const scope = Object.freeze({ items: Object.freeze([1, 2]) as unknown as Value[] });
  const expression = compileExpression("items + [3]");
  expect(expression.evaluate(scope)).toEqual([1, 2, 3]);
  expect(expression.evaluate(scope)).toEqual([1, 2, 3]);
});

test("a variable that holds no value is a TYPE_ERROR at its name", () => {
  for (const value of [{}, undefined, () => 1]) {
    const scope = { thing: value as unknown as Value };
    expect(() => compileExpression("1 + thing").evaluate(scope)).toThrow(
      expect.objectContaining({ code: "TYPE_ERROR", position: 4 }),
    );
  }
});

test("lists in lists without end are TOO_COMPLEX", () => {
  const deep: Value[] = [];
  let inner = deep;
  for (let i = 0; i < 20_000; i++) {
    const next: Value[] = [];
    inner.push(next);
    inner = next;
  }
  expect(() => compileExpression("deep").evaluate({ deep })).toThrow(
    expect.objectContaining({ code: "TOO_COMPLEX" }),
  );
});

test("errors point into the source as it was given", () => {
  const positions: [string, number][] = [
    ["  1 +", 5],
    ["  a.b", 3],
    ["\n1 / 0", 3],
    ["'é' + 1", 4],
    ["1 < 2 < 'a'", 6],
    ["[1][4]", 3],
    ["1 + int('x')", 4],
  ];
  for (const [source, position] of positions) {
    expect(() => compileExpression(source).evaluate({}), source).toThrow(
      expect.objectContaining({ position }),
    );
  }
});

test("truth is Python's", () => {
  expect([0, "", false, null, []].map((value) => truthy(value as Value))).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
  expect([1, -0.5, "0", true, [0], Number.NaN].map((value) => truthy(value as Value))).toEqual(
    Array(6).fill(true),
  );
});

test("a qid is a number rounded toward zero", () => {
  expect([7, 7.9, -1.5, -0.5].map(toQid)).toEqual([7, 7, -1, 0]);
  for (const value of ["7", true, null, [7], Number.NaN]) {
    expect(() => toQid(value as Value)).toThrow(expect.objectContaining({ code: "TYPE_ERROR" }));
  }
});

test("an identifier is one that Python can assign to and read back", () => {
  const good = ["x", "_", "score_2", "é", "match", "print", "ª".normalize("NFKC"), "名前", "__proto__"];
  const bad = ["", "2x", "a b", "a.b", "a-b", "if", "None", "True", "lambda", "ﬁ", "a€", "x\n", "😀"];
  expect(good.filter((name) => !isIdentifier(name))).toEqual([]);
  expect(bad.filter(isIdentifier)).toEqual([]);
});
