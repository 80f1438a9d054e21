import type { SyntaxNode } from "@lezer/common";
import { readNumber } from "./literals.ts";
import { parts } from "./parse.ts";
import type { Scope } from "./values.ts";

/** The result, or NaN where some number on the way is no int that a double holds exactly. */
export type PlainInts = (scope: Scope) => number;

/**
 * A compiled expression as arithmetic of doubles, which scores are mostly made of: sums, differences and products
 * of variables and ints. Null where it is anything else. As long as every number is a safe integer, doubles and
 * Python's ints agree.
 */
export function plainInts(node: SyntaxNode, source: string): PlainInts | null {
  const found = parts(node);
  switch (node.name) {
    case "ExpressionStatement":
      return found.length === 1 ? plainInts(found[0]!, source) : null;
    case "ParenthesizedExpression":
      return plainInts(found[1]!, source);
    case "Number":
      return constant(readNumber(source.slice(node.from, node.to), node.from));
    case "VariableName":
      return variable(source.slice(node.from, node.to).normalize("NFKC"));
    case "BinaryExpression":
      return operation(found, source);
    default:
      return null;
  }
}

function constant(value: bigint | number): PlainInts | null {
  const number = Number(value);
  return typeof value === "bigint" && Number.isSafeInteger(number) ? () => number : null;
}

function variable(name: string): PlainInts {
  return (scope) => {
    if (!Object.hasOwn(scope, name)) return 0;
    const value = scope[name];
    return Number.isSafeInteger(value) ? (value as number) : Number.NaN;
  };
}

function operation([first, operator, last]: SyntaxNode[], source: string): PlainInts | null {
  const calculate = OPERATORS[source.slice(operator!.from, operator!.to)];
  const left = plainInts(first!, source);
  const right = plainInts(last!, source);
  if (calculate === undefined || left === null || right === null) return null;
  return (scope) => {
    const result = calculate(left(scope), right(scope));
    return Number.isSafeInteger(result) ? result : Number.NaN;
  };
}

const OPERATORS: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
};
