import type { Run } from "./run.ts";

export function toFloat(value: bigint, run: Run): number {
  const float = Number(value);
  return Number.isFinite(float) ? float : run.fail("OVERFLOW", "The int is too large for a float.");
}

/** `repr` of a float: the shortest digits that read back as the same float, with Python's choice of notation. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  const sign = isNegative(value) ? "-" : "";
  if (!Number.isFinite(value)) return `${sign}inf`;
  const [mantissa = "", power] = Math.abs(value).toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= 16) return `${sign}${mantissa}e+${exponent}`;
  if (exponent < -4) return `${sign}${mantissa}e-${String(-exponent).padStart(2, "0")}`;
  const digits = mantissa.replace(".", "");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}

function isNegative(value: number): boolean {
  return value < 0 || Object.is(value, -0);
}

/** The exact value of a finite float: `numerator / denominator`, the latter a power of two. */
function exactRatio(value: number): [numerator: bigint, denominator: bigint] {
  let scaled = value;
  let doublings = 0;
  for (; !Number.isInteger(scaled); doublings++) scaled *= 2;
  return [BigInt(scaled), 1n << BigInt(doublings)];
}

/** `numerator / denominator` to the nearest integer, ties to the even one. The denominator is positive. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  let quotient = numerator / denominator;
  let rest = numerator % denominator;
  if (rest < 0n) {
    quotient -= 1n;
    rest += denominator;
  }
  const twice = rest * 2n;
  const up = twice > denominator || (twice === denominator && quotient % 2n !== 0n);
  return up ? quotient + 1n : quotient;
}

/** `round(value)`: the nearest int, ties to the even one. */
export function roundToInt(value: number): bigint {
  return divideHalfEven(...exactRatio(value));
}

/**
 * `round(value, digits)` as CPython does it: the exact binary value is rounded in decimal, ties to even, and the
 * decimal is read back. So `round(2.675, 2)` is 2.67, since 2.675 is held as a little less.
 */
export function roundToDigits(value: number, digits: number): number {
  if (!Number.isFinite(value) || digits > 323) return value;
  if (digits < -308) return value * 0;
  const [numerator, denominator] = exactRatio(value);
  const shift = 10n ** BigInt(Math.abs(digits));
  const rounded =
    digits >= 0
      ? divideHalfEven(numerator * shift, denominator)
      : divideHalfEven(numerator, denominator * shift);
  const magnitude = Math.abs(Number(`${rounded}e${-digits}`));
  return isNegative(value) ? -magnitude : magnitude;
}

/** `left / right` of ints as the nearest float, ties to even, from the exact quotient; infinite beyond its range. */
export function divideInts(left: bigint, right: bigint): number {
  const [a, b] = [Number(left), Number(right)];
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b)) return a / b;
  const numerator = left < 0n ? -left : left;
  const denominator = right < 0n ? -right : right;
  // Scaled to the 53 bits of a float (the first guess may give 54); below the normal range there are fewer.
  let scale = 53 - bitLength(numerator) + bitLength(denominator);
  if (scaledQuotient(numerator, denominator, scale) >= 1n << 53n) scale -= 1;
  const magnitude = 2 ** -Math.min(scale, 1074);
  const quotient = Number(scaledQuotient(numerator, denominator, Math.min(scale, 1074)));
  return left < 0n === right < 0n ? quotient * magnitude : -quotient * magnitude;
}

function scaledQuotient(numerator: bigint, denominator: bigint, scale: number): bigint {
  const shift = BigInt(Math.abs(scale));
  return scale > 0
    ? divideHalfEven(numerator << shift, denominator)
    : divideHalfEven(numerator, denominator << shift);
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}
