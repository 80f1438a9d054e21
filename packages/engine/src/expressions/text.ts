import { formatFloat } from "./floats.ts";
import type { Run } from "./run.ts";
import { type Internal, List } from "./values.ts";

/** A string's characters as Python counts them: code points. */
export function characters(text: string): readonly string[] {
  return Array.from(text);
}

const SURROGATE = /[\ud800-\udfff]/;

export function textLength(text: string): number {
  return SURROGATE.test(text) ? characters(text).length : text.length;
}

/** Negative, zero or positive, as `left` comes before, equals or comes after `right` by code points. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const [a, b] = [left.charCodeAt(i), right.charCodeAt(i)];
    if (a !== b) return codePointRank(a) - codePointRank(b);
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above U+FFFF, and so come after U+E000 … U+FFFF. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** `str(value)`. */
export function toText(value: Internal, run: Run): string {
  return typeof value === "string" ? value : represent(value, run);
}

/** What the digits of a float cost beside their number. */
const FLOAT_WORK = 20;

/** `repr(value)`. */
function represent(value: Internal, run: Run): string {
  const text = representation(value, run);
  run.chargeSize(text.length);
  return text;
}

function representation(value: Internal, run: Run): string {
  if (value === null) return "None";
  switch (typeof value) {
    case "bigint":
      return value.toString();
    case "number":
      run.charge(FLOAT_WORK);
      return formatFloat(value);
    case "boolean":
      return value ? "True" : "False";
    case "string":
      return quote(value);
  }
  const items = value.items.map((item) => represent(item, run)).join(", ");
  if (value instanceof List) return `[${items}]`;
  return value.items.length === 1 ? `(${items},)` : `(${items})`;
}

const NAMED_ESCAPES: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

/** What `repr` escapes: the backslash, and what `str.isprintable` denies. */
const ESCAPED = /(?! )[\\\p{C}\p{Z}]/gu;

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(ESCAPED, escapeCharacter);
  return mark + (mark === "'" ? body.replaceAll("'", "\\'") : body) + mark;
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0)!;
  const hex = code.toString(16);
  if (code <= 0xff) return NAMED_ESCAPES[character] ?? `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
