import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ExpressionError, type ExpressionErrorCode } from "./errors.ts";
import { compileExpression } from "./expression.ts";
import type { Scope, Value } from "./values.ts";

interface Row {
  expression: string;
  scope?: Scope;
  result?: Value;
  error?: string;
}

/** Written by `testdata/generate.py`. */
const rows: Row[] = JSON.parse(readFileSync(new URL("testdata/cpython.json", import.meta.url), "utf8"));

const CODES: Record<string, ExpressionErrorCode> = {
  SyntaxError: "SYNTAX",
  TypeError: "TYPE_ERROR",
  ZeroDivisionError: "ZERO_DIVISION",
  ValueError: "VALUE_ERROR",
  IndexError: "INDEX_ERROR",
  OverflowError: "OVERFLOW",
};

function outcome(row: Row): Value | { error: string } {
  try {
    return compileExpression(row.expression).evaluate(row.scope ?? {});
  } catch (error) {
    if (error instanceof ExpressionError) return { error: error.code };
    throw error;
  }
}

test("there are rows to compare with CPython", () => {
  expect(rows.length).toBeGreaterThan(500);
});

test.each(rows.map((row) => [row.expression, row] as const))(
  "%j means what it means to CPython",
  (_, row) => {
    expect(outcome(row)).toEqual(row.error ? { error: CODES[row.error] } : row.result);
  },
);
