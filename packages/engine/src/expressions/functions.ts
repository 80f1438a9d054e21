import { bounded, negate } from "./arithmetic.ts";
import { ordered } from "./comparison.ts";
import { divideHalfEven, roundToDigits, roundToInt, toFloat } from "./floats.ts";
import { readFloat, readInt } from "./numerals.ts";
import type { Run } from "./run.ts";
import { characters, textLength, toText } from "./text.ts";
import { type Internal, isSequence, typeName } from "./values.ts";

interface Builtin {
  readonly least: number;
  readonly most: number;
  call(args: readonly Internal[], run: Run): Internal;
}

/** The functions of the language: Python's, positional arguments only; `int` and `str` take one at most. */
export const FUNCTIONS: ReadonlyMap<string, Builtin> = new Map(
  Object.entries<Builtin>({
    int: { least: 0, most: 1, call: ([value = 0n], run) => toInt(value, run) },
    float: { least: 0, most: 1, call: ([value = 0n], run) => toFloatValue(value, run) },
    str: { least: 0, most: 1, call: ([value = ""], run) => toText(value, run) },
    round: { least: 1, most: 2, call: ([value = null, digits = null], run) => round(value, digits, run) },
    abs: { least: 1, most: 1, call: ([value = null], run) => absolute(value, run) },
    min: { least: 1, most: Infinity, call: (args, run) => extreme("min", "<", args, run) },
    max: { least: 1, most: Infinity, call: (args, run) => extreme("max", ">", args, run) },
    len: { least: 1, most: 1, call: ([value = null], run) => length(value, run) },
  }),
);

/** What rounding a float costs: its exact value is a fraction of ints, which are long where it is tiny, or its digits many. */
const ROUND_WORK = 40;
const LONG_ROUND_WORK = 400;
const TINY = 1e-30;
const FEW_DIGITS = 30;

/** A digit of another script has to be looked up. */
const DIGIT_WORK = 10;

function toInt(value: Internal, run: Run): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return BigInt(value);
  if (typeof value === "number") return BigInt(Math.trunc(finite(value, run)));
  if (typeof value !== "string") return run.fail("TYPE_ERROR", `Cannot convert ${typeName(value)} to int.`);
  run.charge(value.length * DIGIT_WORK);
  return bounded(readInt(value) ?? run.fail("VALUE_ERROR", "The text is not an int."), run);
}

function toFloatValue(value: Internal, run: Run): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return toFloat(value, run);
  if (typeof value === "boolean") return Number(value);
  if (typeof value !== "string") return run.fail("TYPE_ERROR", `Cannot convert ${typeName(value)} to float.`);
  run.charge(value.length * DIGIT_WORK);
  return readFloat(value) ?? run.fail("VALUE_ERROR", "The text is not a float.");
}

function finite(value: number, run: Run): number {
  if (Number.isNaN(value)) return run.fail("VALUE_ERROR", "Cannot convert NaN to int.");
  return Number.isFinite(value) ? value : run.fail("OVERFLOW", "Cannot convert infinity to int.");
}

function round(value: Internal, digits: Internal, run: Run): Internal {
  const places = typeof digits === "boolean" ? BigInt(digits) : digits;
  if (places !== null && typeof places !== "bigint") {
    return run.fail("TYPE_ERROR", `The digits of round must be an int, not ${typeName(places)}.`);
  }
  if (typeof value === "boolean") return roundInt(BigInt(value), places, run);
  if (typeof value === "bigint") return roundInt(value, places, run);
  if (typeof value !== "number") return run.fail("TYPE_ERROR", `Cannot round ${typeName(value)}.`);
  run.charge(Math.abs(value) < TINY || Math.abs(Number(places)) > FEW_DIGITS ? LONG_ROUND_WORK : ROUND_WORK);
  if (places === null) return roundToInt(finite(value, run));
  const rounded = roundToDigits(value, Number(places));
  if (Number.isFinite(value) && !Number.isFinite(rounded)) {
    return run.fail("OVERFLOW", "The rounded value is too large for a float.");
  }
  return rounded;
}

function roundInt(value: bigint, places: bigint | null, run: Run): bigint {
  if (places === null || places >= 0n) return value;
  run.charge(ROUND_WORK);
  // Half of 10 to the digits of the value is already more than the value.
  if (-places > value.toString().length) return 0n;
  const unit = 10n ** -places;
  return bounded(divideHalfEven(value, unit) * unit, run);
}

function absolute(value: Internal, run: Run): Internal {
  if (typeof value === "number") return Math.abs(value);
  if (typeof value === "bigint") return value < 0n ? negate(value, run) : value;
  return typeof value === "boolean"
    ? BigInt(value)
    : run.fail("TYPE_ERROR", `Cannot take abs of ${typeName(value)}.`);
}

/** The first of those that are smallest or largest. */
function extreme(name: string, operator: "<" | ">", args: readonly Internal[], run: Run): Internal {
  const items = args.length === 1 ? iterate(args[0]!, run) : args;
  let best = items[0];
  if (best === undefined) return run.fail("VALUE_ERROR", `${name} needs at least one value.`);
  for (const item of items.slice(1)) {
    run.charge(1);
    if (ordered(operator, item, best, run)) best = item;
  }
  return best;
}

function iterate(value: Internal, run: Run): readonly Internal[] {
  if (isSequence(value)) return value.items;
  if (typeof value !== "string") return run.fail("TYPE_ERROR", `Cannot iterate over ${typeName(value)}.`);
  run.charge(value.length);
  return characters(value);
}

function length(value: Internal, run: Run): bigint {
  if (isSequence(value)) return BigInt(value.items.length);
  if (typeof value !== "string") return run.fail("TYPE_ERROR", `Cannot take len of ${typeName(value)}.`);
  run.charge(value.length);
  return BigInt(textLength(value));
}
