import { ExpressionError } from "./errors.ts";
import { type Internal, isSequence, type Value } from "./values.ts";

/** Truth as in Python: zero, the empty string, the empty list, False and None are false. */
export function truthy(value: Value): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value) || Number.isNaN(value);
}

export function truth(value: Internal): boolean {
  return isSequence(value) ? value.items.length > 0 : Boolean(value) || Number.isNaN(value);
}

/**
 * The qid of a fork's target: the number, rounded toward zero.
 *
 * @throws ExpressionError with `TYPE_ERROR` for anything else
 */
export function toQid(value: Value): number {
  if (typeof value === "number" && Number.isFinite(value)) return Math.trunc(value) + 0;
  throw new ExpressionError("TYPE_ERROR", "The target of a fork must be a number.");
}
