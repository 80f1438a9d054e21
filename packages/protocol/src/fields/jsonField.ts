import { texts } from "../errors.ts";
import { type Field, type FieldOptions, field, Invalid } from "./field.ts";

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface JsonOptions extends FieldOptions<Json> {
  maxDepth?: number;
  /** Characters of the value written as JSON. */
  maxSize?: number;
}

/** Free JSON of limited size that PostgreSQL's jsonb can store. In a form it is JSON text. */
export function JsonField<const O extends JsonOptions = Record<never, never>>(options?: O): Field<Json, O> {
  const { maxDepth = 32, maxSize = 65_536 }: JsonOptions = options ?? {};
  return field<Json, O>("value", {}, options ?? ({} as O), (raw, form) => {
    const value = form ? parsed(raw) : raw;
    const problem = jsonProblem(value, maxDepth);
    if (problem === "deep") return new Invalid([texts.jsonTooDeep(maxDepth)]);
    if (problem === "wrong") return new Invalid([texts.json]);
    if (JSON.stringify(value).length > maxSize) return new Invalid([texts.jsonTooLarge(maxSize)]);
    return value as Json;
  });
}

/** Undefined, which is no JSON, where the text is none. */
function parsed(raw: unknown): unknown {
  try {
    return JSON.parse(String(raw));
  } catch {
    return undefined;
  }
}

function jsonProblem(value: unknown, levels: number): "deep" | "wrong" | undefined {
  if (value === null || typeof value === "boolean") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : "wrong";
  if (typeof value === "string") return storable(value) ? undefined : "wrong";
  if (typeof value !== "object") return "wrong";
  if (levels === 0) return "deep";
  if (Array.isArray(value)) return firstProblem(Array.from(value), levels);
  if (!isPlain(value) || "toJSON" in value) return "wrong";
  if (!Object.keys(value).every(storable)) return "wrong";
  return firstProblem(Object.values(value), levels);
}

/** Dates, maps and the like are not what they would be written as. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function firstProblem(values: unknown[], levels: number): "deep" | "wrong" | undefined {
  for (const value of values) {
    const problem = jsonProblem(value, levels - 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** `__proto__` could be mistaken for a prototype by whoever copies the value. */
function storable(text: string): boolean {
  return text !== "__proto__" && !text.includes("\0") && text.isWellFormed();
}
