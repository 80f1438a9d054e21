import type { SyntaxNode } from "@lezer/common";
import { parts } from "./parse.ts";
import { operatorOf } from "./precedence.ts";

/** A comparison, or something that binds more tightly, under a number of `not`. */
interface Literal {
  readonly nots: number;
  readonly node: SyntaxNode;
}

/**
 * The `and`, `or` and `not` of a node, up to the next parentheses, as an `or` of `and`s. Lezer 1.1 reads
 * `not a and b` as `not (a and b)`, so its grouping is flattened and Python's is made anew.
 */
export function alternatives(node: SyntaxNode, source: string): Literal[][] {
  return split(flattened(node, source), "or").map((terms) => split(terms, "and").map(literal));
}

type Token = "and" | "or" | "not" | SyntaxNode;

function flattened(node: SyntaxNode, source: string): Token[] {
  const operator = operatorOf(node, source);
  if (operator !== "and" && operator !== "or" && operator !== "not") return [node];
  const found = parts(node);
  const right = flattened(found.at(-1)!, source);
  if (operator === "not") return [operator, ...right];
  return [...flattened(found[0]!, source), operator, ...right];
}

function split(tokens: readonly Token[], operator: "and" | "or"): Token[][] {
  const groups: Token[][] = [[]];
  for (const token of tokens) {
    if (token === operator) groups.push([]);
    else groups.at(-1)!.push(token);
  }
  return groups;
}

/** What Lezer parsed has one operand after its `not`s. */
function literal(tokens: readonly Token[]): Literal {
  return { nots: tokens.length - 1, node: tokens.at(-1) as SyntaxNode };
}
