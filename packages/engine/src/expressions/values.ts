import { MAX_VALUE_DEPTH } from "./limits.ts";
import type { Run } from "./run.ts";

/** The value of a variable: JSON without objects. */
export type Value = number | string | boolean | null | Value[];

/** The variables of an expression; only own properties count. */
export type Scope = Readonly<Record<string, Value>>;

/** Values inside an evaluation. A bigint is Python's int, a number its float, null its None. */
export type Internal = bigint | number | string | boolean | null | List | Tuple;

abstract class Sequence {
  readonly items: readonly Internal[];
  /** Items and characters, those of inner sequences included: shared inner lists cannot hide their size. */
  readonly size: number;

  constructor(items: readonly Internal[]) {
    this.items = items;
    this.size = items.reduce<number>((sum, item) => sum + 1 + sizeOf(item), 0);
  }
}

export class List extends Sequence {}
export class Tuple extends Sequence {}

/** Characters of a string, items of a sequence (inner ones included), 0 for the rest. */
export function sizeOf(value: Internal): number {
  if (typeof value === "string") return value.length;
  return value instanceof Sequence ? value.size : 0;
}

export function isSequence(value: Internal): value is List | Tuple {
  return value instanceof Sequence;
}

/** Python's name of a value's type. */
export function typeName(value: Internal): string {
  if (value === null) return "NoneType";
  if (value instanceof List) return "list";
  if (value instanceof Tuple) return "tuple";
  return TYPE_NAMES[typeof value] ?? typeof value;
}

const TYPE_NAMES: Record<string, string> = { bigint: "int", number: "float", string: "str", boolean: "bool" };

/** A pool value as Python sees it: an integral number is an int, any other a float. */
export function enter(value: Value, run: Run, depth = 0): Internal {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (!Array.isArray(value)) return run.fail("TYPE_ERROR", "A variable has a value of an unsupported type.");
  if (depth > MAX_VALUE_DEPTH)
    return run.fail("TOO_COMPLEX", "A variable has lists that are nested too deeply.");
  run.charge(1 + value.length);
  return new List(value.map((item) => enter(item, run, depth + 1)));
}

/**
 * A result as the pool takes it: a tuple becomes a list, an int beyond ±(2^53 - 1) the nearest float, and
 * -0.0 becomes 0. Infinities and NaN do not leave.
 */
export function leave(value: Internal, run: Run): Value {
  if (typeof value === "bigint") return leaveNumber(Number(value), run);
  if (typeof value === "number") return leaveNumber(value, run);
  if (!isSequence(value)) return value;
  run.charge(value.size);
  return value.items.map((item) => leave(item, run));
}

function leaveNumber(value: number, run: Run): number {
  if (Number.isNaN(value)) return run.fail("VALUE_ERROR", "The result is not a number.");
  if (!Number.isFinite(value)) return run.fail("OVERFLOW", "The result is too large for a number.");
  return value + 0; // -0 + 0 is 0
}
