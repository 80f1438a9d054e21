import { texts } from "../errors.ts";
import { type Field, type FieldOptions, field, Invalid } from "./field.ts";

const YES = ["t", "T", "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", "1"];
const NO = ["f", "F", "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", "0"];
const NOTHING = ["null", "Null", "NULL", ""];

const WORDS = new Map<unknown, boolean>([
  ...YES.map((word) => [word, true] as const),
  ...NO.map((word) => [word, false] as const),
  [1, true],
  [0, false],
  [true, true],
  [false, false],
]);

/** Reads a boolean as Django REST Framework does; undefined for anything else. */
export function readBoolean(raw: unknown): boolean | undefined {
  return WORDS.get(raw);
}

/** A boolean, also as 0, 1 or one of the usual words. */
export function Bool<const O extends FieldOptions<boolean> = Record<never, never>>(
  options?: O,
): Field<boolean, O> {
  return field("boolean", { type: "boolean" }, options ?? ({} as O), (raw) => {
    if (options?.nullable && NOTHING.includes(raw as string)) return null;
    return readBoolean(raw) ?? new Invalid([texts.boolean]);
  });
}
