import { divideInts, toFloat } from "./floats.ts";
import { MAX_INT, MAX_INT_BITS } from "./limits.ts";
import type { Run } from "./run.ts";
import { type Internal, isSequence, List, sizeOf, Tuple, typeName } from "./values.ts";

export type Arithmetic = "+" | "-" | "*" | "/" | "//" | "%" | "**";

export function calculate(operator: Arithmetic, left: Internal, right: Internal, run: Run): Internal {
  const a = typeof left === "boolean" ? BigInt(left) : left;
  const b = typeof right === "boolean" ? BigInt(right) : right;
  if (typeof a === "bigint" && typeof b === "bigint") return withInts(operator, a, b, run);
  if (typeof a === "bigint" && typeof b === "number") return withFloats(operator, toFloat(a, run), b, run);
  if (typeof a === "number" && typeof b === "bigint") return withFloats(operator, a, toFloat(b, run), run);
  if (typeof a === "number" && typeof b === "number") return withFloats(operator, a, b, run);
  return withSequences(operator, a, b, run);
}

export function negate(value: Internal, run: Run): Internal {
  if (typeof value === "number" || typeof value === "bigint") return -value;
  return typeof value === "boolean"
    ? -BigInt(value)
    : run.fail("TYPE_ERROR", `Cannot negate ${typeName(value)}.`);
}

export function plus(value: Internal, run: Run): Internal {
  if (typeof value === "number" || typeof value === "bigint") return value;
  return typeof value === "boolean"
    ? BigInt(value)
    : run.fail("TYPE_ERROR", `Cannot apply + to ${typeName(value)}.`);
}

/** Units of work that an operation on long ints costs, as long as they may be. */
const LONG_WORK: Record<Arithmetic, number> = {
  "+": 5,
  "-": 5,
  "*": 20,
  "/": 100,
  "//": 40,
  "%": 40,
  "**": 100,
};
const SHORT = BigInt(Number.MAX_SAFE_INTEGER);
/** The largest exponent whose power counts as cheap. */
const SHORT_EXPONENT = 8n;

function isLong(value: bigint): boolean {
  return value > SHORT || value < -SHORT;
}

function withInts(operator: Arithmetic, a: bigint, b: bigint, run: Run): Internal {
  if (isLong(a) || isLong(b) || (operator === "**" && b > SHORT_EXPONENT)) run.charge(LONG_WORK[operator]);
  switch (operator) {
    case "+":
      return bounded(a + b, run);
    case "-":
      return bounded(a - b, run);
    case "*":
      return bounded(a * b, run);
    case "/": {
      const quotient = divideInts(a, divisor(b, run));
      return Number.isFinite(quotient)
        ? quotient
        : run.fail("OVERFLOW", "The quotient is too large for a float.");
    }
    case "//":
      return floorDivide(a, divisor(b, run));
    case "%":
      return a - floorDivide(a, divisor(b, run)) * b;
    case "**":
      return b < 0n ? withFloats("**", toFloat(a, run), toFloat(b, run), run) : power(a, b, run);
  }
}

export function bounded(value: bigint, run: Run): bigint {
  if (value <= MAX_INT && value >= -MAX_INT) return value;
  return run.fail("OVERFLOW", `An int may not exceed ${MAX_INT_BITS} bits.`);
}

function divisor<N extends bigint | number>(value: N, run: Run): N {
  return value ? value : run.fail("ZERO_DIVISION", "Cannot divide by zero.");
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

function power(base: bigint, exponent: bigint, run: Run): bigint {
  if (base === 0n || base === 1n) return exponent === 0n ? 1n : base;
  if (base === -1n) return exponent % 2n === 0n ? 1n : -1n;
  // The size is known before the power is: a base of n bits has at least (n - 1) * exponent bits as a power.
  const bits = base.toString(2).replace("-", "").length;
  if (BigInt(bits - 1) * exponent > MAX_INT_BITS) return bounded(MAX_INT + 1n, run);
  return bounded(base ** exponent, run);
}

function withFloats(operator: Arithmetic, a: number, b: number, run: Run): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / divisor(b, run);
    case "//":
      return floorDivideFloats(a, divisor(b, run));
    case "%":
      return floorModulo(a, divisor(b, run));
    case "**":
      return floatPower(a, b, run);
  }
}

/** The remainder has the divisor's sign, also where it is zero. */
function floorModulo(a: number, b: number): number {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
}

/** As CPython: from the exact remainder, so that it fits `%` where `floor(a / b)` would be rounded up. */
function floorDivideFloats(a: number, b: number): number {
  const rest = a % b;
  let quotient = (a - rest) / b;
  if (rest !== 0 && rest < 0 !== b < 0) quotient -= 1;
  if (quotient === 0) return a / b < 0 || Object.is(a / b, -0) ? -0 : 0;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

function floatPower(a: number, b: number, run: Run): number {
  // 1 to any power is 1 for Python, also where the power is NaN or infinite.
  if (a === 1 || (a === -1 && !Number.isFinite(b) && !Number.isNaN(b))) return 1;
  if (a === 0 && b < 0 && Number.isFinite(b))
    return run.fail("ZERO_DIVISION", "Cannot raise zero to a negative power.");
  if (a < 0 && Number.isFinite(a) && Number.isFinite(b) && !Number.isInteger(b)) {
    return run.fail("VALUE_ERROR", "A negative number to a fractional power is not a real number.");
  }
  const result = a ** b;
  if (Number.isFinite(result) || !Number.isFinite(a) || !Number.isFinite(b)) return result;
  return run.fail("OVERFLOW", "The power is too large for a float.");
}

function withSequences(operator: Arithmetic, a: Internal, b: Internal, run: Run): Internal {
  if (operator === "+") {
    run.charge(1);
    if (typeof a === "string" && typeof b === "string") return concatenated(a, b, run);
    if (a instanceof List && b instanceof List) return new List(joined(a, b, run));
    if (a instanceof Tuple && b instanceof Tuple) return new Tuple(joined(a, b, run));
  }
  if (operator === "*") {
    if (typeof b === "bigint") return repeated(a, b, run);
    if (typeof a === "bigint") return repeated(b, a, run);
  }
  if (operator === "%" && typeof a === "string")
    return run.fail("NOT_ALLOWED", "Formatting with % is not supported.");
  return unsupported(operator, a, b, run);
}

function unsupported(operator: Arithmetic, a: Internal, b: Internal, run: Run): never {
  return run.fail("TYPE_ERROR", `Cannot apply ${operator} to ${typeName(a)} and ${typeName(b)}.`);
}

function concatenated(a: string, b: string, run: Run): string {
  run.chargeSize(a.length + b.length);
  return a + b;
}

function joined(a: List | Tuple, b: List | Tuple, run: Run): Internal[] {
  run.chargeSize(a.size + b.size);
  return [...a.items, ...b.items];
}

function repeated(value: Internal, times: bigint, run: Run): Internal {
  if (typeof value !== "string" && !isSequence(value)) return unsupported("*", value, times, run);
  // CPython's limit, also for an empty sequence and a negative count.
  if (BigInt.asIntN(64, times) !== times)
    return run.fail("OVERFLOW", "The number of repetitions is too large.");
  // An empty sequence stays empty however often it is repeated.
  const size = sizeOf(value);
  const count = times <= 0n || size === 0 ? 0 : Number(times);
  run.chargeSize(size * count);
  if (typeof value === "string") return value.repeat(count);
  const items: Internal[] = [];
  for (let copy = 0; copy < count; copy++) for (const item of value.items) items.push(item);
  return value instanceof List ? new List(items) : new Tuple(items);
}
