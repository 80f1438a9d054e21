import type { Run } from "./run.ts";
import { compareText } from "./text.ts";
import { type Internal, isSequence, List, Tuple, typeName } from "./values.ts";

export type Comparison = "<" | ">" | "<=" | ">=" | "==" | "!=" | "in" | "not in" | "is" | "is not";

export function compare(operator: Comparison, left: Internal, right: Internal, run: Run): boolean {
  switch (operator) {
    case "==":
      return equal(left, right, run);
    case "!=":
      return !equal(left, right, run);
    case "in":
      return contains(right, left, run);
    case "not in":
      return !contains(right, left, run);
    case "is":
      return identical(left, right);
    case "is not":
      return !identical(left, right);
    default:
      return ordered(operator, left, right, run);
  }
}

type Ordering = "<" | ">" | "<=" | ">=";

export function ordered(operator: Ordering, left: Internal, right: Internal, run: Run): boolean {
  const [a, b] = [numeric(left), numeric(right)];
  if (a !== null && b !== null) return holds(operator, a, b);
  if (typeof left === "string" && typeof right === "string") {
    run.charge(Math.min(left.length, right.length));
    return holds(operator, compareText(left, right), 0);
  }
  if ((left instanceof List && right instanceof List) || (left instanceof Tuple && right instanceof Tuple)) {
    const at = firstDifference(left.items, right.items, run);
    const [x, y] = [left.items[at], right.items[at]];
    if (x === undefined || y === undefined) return holds(operator, left.items.length, right.items.length);
    return ordered(operator, x, y, run);
  }
  return run.fail("TYPE_ERROR", `Cannot compare ${typeName(left)} and ${typeName(right)} with ${operator}.`);
}

/** Ints and floats compare exactly: JavaScript's order of bigint and number is mathematical. */
function holds(operator: Ordering, a: number | bigint, b: number | bigint): boolean {
  switch (operator) {
    case "<":
      return a < b;
    case ">":
      return a > b;
    case "<=":
      return a <= b;
    case ">=":
      return a >= b;
  }
}

function numeric(value: Internal): number | bigint | null {
  if (typeof value === "bigint" || typeof value === "number") return value;
  return typeof value === "boolean" ? Number(value) : null;
}

function equal(left: Internal, right: Internal, run: Run): boolean {
  const [a, b] = [numeric(left), numeric(right)];
  if (a !== null && b !== null) return a <= b && a >= b;
  if ((left instanceof List && right instanceof List) || (left instanceof Tuple && right instanceof Tuple)) {
    const { length } = left.items;
    return length === right.items.length && firstDifference(left.items, right.items, run) === length;
  }
  if (typeof left === "string" && typeof right === "string") run.charge(Math.min(left.length, right.length));
  return left === right;
}

function firstDifference(left: readonly Internal[], right: readonly Internal[], run: Run): number {
  const length = Math.min(left.length, right.length);
  let at = 0;
  while (at < length && same(left[at]!, right[at]!, run)) at++;
  return at;
}

/** How lists compare their items: by identity or equality, so that a list with a NaN equals itself. */
function same(left: Internal, right: Internal, run: Run): boolean {
  run.charge(1);
  return left === right || equal(left, right, run);
}

function contains(container: Internal, item: Internal, run: Run): boolean {
  if (isSequence(container)) return container.items.some((other) => same(other, item, run));
  if (typeof container !== "string") {
    return run.fail("TYPE_ERROR", `Cannot search in ${typeName(container)}.`);
  }
  if (typeof item !== "string") {
    return run.fail("TYPE_ERROR", `Cannot search for ${typeName(item)} in str.`);
  }
  // At worst the search compares each character of one with each of the other; such a step is a cheap one.
  run.charge(container.length * (1 + item.length / 16));
  return container.includes(item);
}

/**
 * `is`, as CPython answers for small values: the same type and value. Of lists and tuples it is the object that
 * counts, except that there is only one empty tuple.
 */
function identical(left: Internal, right: Internal): boolean {
  if (left instanceof Tuple && right instanceof Tuple && left.items.length + right.items.length === 0)
    return true;
  return left === right;
}
