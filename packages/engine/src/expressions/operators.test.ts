import fc from "fast-check";
import { expect, test } from "vitest";
import { anyCharacter } from "../../../../tests/support/anyCharacter.ts";
import { runs } from "../../../../tests/support/runs.ts";
import { compileExpression } from "./expression.ts";
import type { Scope, Value } from "./values.ts";

function evaluate(source: string, scope: Scope = {}): Value {
  return compileExpression(source).evaluate(scope);
}

const int = fc.maxSafeInteger();
const divisor = int.filter((value) => value !== 0);
const real = fc.double({ noDefaultInfinity: true, noNaN: true });

test("quotient and remainder of ints make up the dividend", () => {
  const holds = compileExpression("a == (a // b) * b + a % b");
  fc.assert(fc.property(int, divisor, (a, b) => holds.evaluate({ a, b }) === true));
});

test("the remainder has the sign of the divisor and is smaller", () => {
  const holds = compileExpression("0 <= a % b < b if b > 0 else b < a % b <= 0");
  fc.assert(fc.property(int, divisor, (a, b) => holds.evaluate({ a, b }) === true));
});

test("sums and products of ints are exact beyond 2^53", () => {
  fc.assert(
    fc.property(int, int, (a, b) => {
      expect(evaluate("str(a * b + a)", { a, b })).toBe(String(BigInt(a) * BigInt(b) + BigInt(a)));
    }),
  );
});

test("ints and floats are ordered as the numbers they are", () => {
  const order = compileExpression("[a < b, a == b, a > b]");
  fc.assert(
    fc.property(int, real, (a, b) => {
      expect(order.evaluate({ a, b })).toEqual([a < b, a === b, a > b]);
    }),
  );
});

test("booleans count and compare as 0 and 1", () => {
  const holds = compileExpression("flag + x == int(flag) + x and (flag < x) == (int(flag) < x)");
  fc.assert(fc.property(fc.boolean(), int, (flag, x) => holds.evaluate({ flag, x }) === true));
});

test("and and or return an operand and leave the rest alone", () => {
  const value = fc.oneof(int, fc.string(), fc.boolean(), fc.constant(null));
  fc.assert(
    fc.property(value, (a) => {
      expect(evaluate("a and a or a", { a })).toEqual(a);
      expect(evaluate("not a or a or 1 / 0 if a else not (a and 1 / 0)", { a })).toBe(a || true);
    }),
  );
});

test("strings compare and split by code points", { timeout: 120_000 }, () => {
  const text = fc.string({ unit: anyCharacter });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const [x, y] = [Array.from(a), Array.from(b)];
      const at = x.findIndex((character, i) => character !== y[i]);
      const before =
        at < 0 ? x.length < y.length : at < y.length && x[at]!.codePointAt(0)! < y[at]!.codePointAt(0)!;
      expect(evaluate("a < b", { a, b })).toBe(before);
      expect(evaluate("a[::-1]", { a })).toBe(x.reverse().join(""));
    }),
  );
});

test("int and float read what str writes", () => {
  fc.assert(fc.property(real, (a) => evaluate("float(str(a)) == a", { a }) === true));
  fc.assert(fc.property(int, (a) => evaluate("int(str(a)) == a", { a }) === true));
});

test("what leaves can be stored as JSON", () => {
  expect(evaluate("(1, (2, [3]))")).toEqual([1, [2, [3]]]);
  expect(evaluate("2 ** 64")).toBe(2 ** 64);
  expect(evaluate("-0.0")).toBe(0);
  expect(() => evaluate("2 ** 2000")).toThrow(expect.objectContaining({ code: "OVERFLOW" }));
  expect(() => evaluate("1e308 * 10")).toThrow(expect.objectContaining({ code: "OVERFLOW" }));
  expect(() => evaluate("[float('nan')]")).toThrow(expect.objectContaining({ code: "VALUE_ERROR" }));
});

test("plain arithmetic and comparisons, which have a shorter way, come out as they do on the long one", () => {
  const operand = fc.oneof(
    fc.constantFrom("a", "b", "missing", "0", "1", "9007199254740991"),
    fc.nat(99).map(String),
  );
  const sum = fc.letrec<{ sum: string }>((tie) => ({
    sum: fc.oneof(
      { maxDepth: 4 },
      operand,
      fc
        .tuple(tie("sum"), fc.constantFrom("+", "-", "*"), tie("sum"))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    ),
  })).sum;
  const compared = fc
    .tuple(sum, fc.constantFrom("<", "<=", ">", ">=", "==", "!="), sum)
    .map((parts) => parts.join(" "));
  const held = fc.oneof(
    int,
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom<Value>(0.5, true, false, null, "x", [1], Number.MAX_SAFE_INTEGER),
  );
  const outcome = (source: string, scope: Scope) => {
    try {
      return { value: evaluate(source, scope) };
    } catch (error) {
      return { error: (error as { code: string }).code };
    }
  };
  fc.assert(
    fc.property(fc.oneof(sum, compared), held, held, (source, a, b) => {
      expect(outcome(source, { a, b })).toEqual(outcome(`[${source}][0]`, { a, b }));
    }),
    { numRuns: runs(500, 2_000) },
  );
});
