import type { SyntaxNode } from "@lezer/common";
import { parts } from "./parse.ts";

/** How tightly a form binds, loosest first; the order is that of Python's grammar. */
export const LEVEL = {
  conditional: 0,
  logic: 1,
  comparison: 2,
  sum: 3,
  product: 4,
  sign: 5,
  power: 6,
  primary: 7,
} as const;

export type Level = (typeof LEVEL)[keyof typeof LEVEL];

const BINARY: Readonly<Record<string, Level>> = {
  or: LEVEL.logic,
  and: LEVEL.logic,
  "<": LEVEL.comparison,
  ">": LEVEL.comparison,
  "<=": LEVEL.comparison,
  ">=": LEVEL.comparison,
  "==": LEVEL.comparison,
  "!=": LEVEL.comparison,
  in: LEVEL.comparison,
  "not in": LEVEL.comparison,
  is: LEVEL.comparison,
  "is not": LEVEL.comparison,
  "+": LEVEL.sum,
  "-": LEVEL.sum,
  "*": LEVEL.product,
  "/": LEVEL.product,
  "//": LEVEL.product,
  "%": LEVEL.product,
  "**": LEVEL.power,
};

/** The level of a binary operator, null for one that the language does not have. */
export function binaryLevel(operator: string): Level | null {
  return BINARY[operator] ?? null;
}

/**
 * How tightly a node binds. Lezer groups some forms that Python refuses, as in `a == not b`; comparing levels
 * finds them.
 */
export function levelOf(node: SyntaxNode, source: string): Level {
  if (node.name === "ConditionalExpression") return LEVEL.conditional;
  if (node.name === "UnaryExpression") return operatorOf(node, source) === "not" ? LEVEL.logic : LEVEL.sign;
  if (node.name === "BinaryExpression") return binaryLevel(operatorOf(node, source)) ?? LEVEL.conditional;
  return LEVEL.primary;
}

/** The operator of a unary or binary expression, `not in` and `is not` with one blank; else the empty string. */
export function operatorOf(node: SyntaxNode, source: string): string {
  const tokens = parts(node);
  if (node.name === "UnaryExpression") return source.slice(tokens[0]!.from, tokens[0]!.to);
  if (node.name !== "BinaryExpression") return "";
  const operator = tokens.slice(1, -1);
  return operator.map((token) => source.slice(token.from, token.to)).join(" ");
}
