/** What `int` and `float` ignore around a number. */
const BLANKS =
  " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029" +
  "\u202f\u205f\u3000";

const INT = /^[+-]?\d+(?:_\d+)*$/;

const FLOAT = /^[+-]?(?:\d+(?:_\d+)*\.?|(?:\d+(?:_\d+)*)?\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/;

const INFINITY = /^[+-]?inf(?:inity)?$/i;

const NAN = /^[+-]?nan$/i;

/** The int that `int(text)` reads, null where the text is none. */
export function readInt(text: string): bigint | null {
  const digits = ascii(text);
  if (!INT.test(digits)) return null;
  const magnitude = BigInt(digits.replace(/[+_-]/g, ""));
  return digits.startsWith("-") ? -magnitude : magnitude;
}

/** The float that `float(text)` reads, null where the text is none. */
export function readFloat(text: string): number | null {
  const digits = ascii(text);
  if (FLOAT.test(digits)) return Number(digits.replaceAll("_", ""));
  if (INFINITY.test(digits)) return digits.startsWith("-") ? -Infinity : Infinity;
  return NAN.test(digits) ? Number.NaN : null;
}

/** Without blanks around it, and with the decimal digits of all scripts as 0 to 9. */
function ascii(text: string): string {
  return strip(text).replace(/(?![0-9])\p{Nd}/gu, (digit) => String(digitValue(digit)));
}

function strip(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && BLANKS.includes(text[start]!)) start++;
  while (end > start && BLANKS.includes(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** Unicode has the digits of a script in a row, and rows only in full tens: the value is the distance to the first. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0)!;
  let before = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(code - before - 1))) before++;
  return before % 10;
}
