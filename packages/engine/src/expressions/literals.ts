import { ExpressionError } from "./errors.ts";
import { MAX_INT } from "./limits.ts";

/** `0x1F`, `0o17`, `0b1`, or decimal digits, which start with 0 only where they are zero. */
const INT = /^(?:0(?:[xX](?:_?[0-9a-fA-F])+|[oO](?:_?[0-7])+|[bB](?:_?[01])+)|[1-9](?:_?\d)*|0(?:_?0)*)$/;

const DIGITS = "\\d(?:_?\\d)*";

const FLOAT = new RegExp(
  `^(?:${DIGITS}\\.(?:${DIGITS})?|\\.${DIGITS}|${DIGITS}(?=[eE]))(?:[eE][+-]?${DIGITS})?$`,
);

/** The int or float that a number literal stands for. */
export function readNumber(literal: string, at: number): bigint | number {
  const digits = literal.replaceAll("_", "");
  if (INT.test(literal)) {
    const value = BigInt(digits);
    if (value > MAX_INT) throw new ExpressionError("OVERFLOW", "The number is too large.", at);
    return value;
  }
  if (FLOAT.test(literal)) return Number(digits);
  if (/^[\d._eE+-]+[jJ]$/.test(literal)) {
    throw new ExpressionError("NOT_ALLOWED", "Complex numbers are not supported.", at);
  }
  throw new ExpressionError("SYNTAX", "This is not a valid number.", at);
}

const STRING = /^([a-z]*)("""|'''|"|')([\s\S]*)\2$/i;

/** The string that one string literal stands for; adjacent ones are joined by the caller. */
export function readString(literal: string, at: number): string {
  const [, prefix = "", mark = "", body = ""] = STRING.exec(literal) ?? [];
  if (!mark) throw new ExpressionError("SYNTAX", "The string is not terminated.", at);
  if (!/^[ru]?$/i.test(prefix)) {
    throw new ExpressionError("NOT_ALLOWED", `Strings with the prefix ${prefix} are not supported.`, at);
  }
  const lines = body.replace(/\r\n?/g, "\n");
  const text = /r/i.test(prefix)
    ? lines
    : lines.replace(ESCAPE, (sequence, rest) => readEscape(sequence, rest, at));
  // Neither can be stored as JSON in PostgreSQL, and half a pair would join with its other half.
  if (text.includes("\0") || !text.isWellFormed()) {
    throw new ExpressionError("NOT_ALLOWED", "A string may not contain NUL or half of a surrogate pair.", at);
  }
  return text;
}

const ESCAPE = /\\([0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[\s\S])/g;

const SIMPLE: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Python leaves a backslash before any other character as it is. */
function readEscape(sequence: string, rest: string, at: number): string {
  if (/^[0-7]/.test(rest)) return String.fromCodePoint(Number.parseInt(rest, 8));
  if (rest.length > 1 && /^[xuU]/.test(rest)) {
    const code = Number.parseInt(rest.slice(1), 16);
    if (code <= 0x10ffff) return String.fromCodePoint(code);
  }
  if (/^[xuU]/.test(rest))
    throw new ExpressionError("SYNTAX", `The escape ${sequence} is not complete or not valid.`, at);
  if (rest === "N") throw new ExpressionError("NOT_ALLOWED", "Named characters (\\N) are not supported.", at);
  return SIMPLE[rest] ?? sequence;
}
