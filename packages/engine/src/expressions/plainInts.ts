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

/** Of two such sums, whether one is less than, or equal to, or … the other; undefined where a number is no exact int. */
export type PlainComparison = (scope: Scope) => boolean | undefined;

/** A compiled expression as one comparison of two sums, as most rules of forks are; null where it is anything else. */
export function plainComparison(node: SyntaxNode, source: string): PlainComparison | null {
  const [only, ...others] = parts(node);
  if (node.name !== "ExpressionStatement" || others.length > 0 || only!.name !== "BinaryExpression")
    return null;
  const [first, operator, last] = parts(only!) as [SyntaxNode, SyntaxNode, SyntaxNode];
  const compare = COMPARISONS[source.slice(operator.from, operator.to)];
  const left = plainInts(first, source);
  const right = plainInts(last, source);
  if (compare === undefined || left === null || right === null) return null;
  return (scope) => {
    const [a, b] = [left(scope), right(scope)];
    return Number.isNaN(a) || Number.isNaN(b) ? undefined : compare(a, b);
  };
}

const COMPARISONS: Record<string, (a: number, b: number) => boolean> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

const OPERATORS: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
};
