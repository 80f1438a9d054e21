import { texts } from "../errors.ts";
import { type Field, type FieldOptions, field, Invalid } from "./field.ts";

export interface IntegerOptions extends FieldOptions<number> {
  min?: number;
  max?: number;
}

const INTEGER = /^\s*[+-]?\d+(?:\.0*)?\s*$/;
const LONGEST = 1000;

/** A safe integer, also as text (`"12"`, `"1.0"`). */
export function Integer<const O extends IntegerOptions = Record<never, never>>(
  options?: O,
): Field<number, O> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER }: IntegerOptions = options ?? {};
  const jsonSchema = { type: "integer", minimum: min, maximum: max };
  return field("value", jsonSchema, options ?? ({} as O), (raw, form) => {
    if (form && raw === "" && options?.nullable) return null;
    if (typeof raw === "string" && raw.length > LONGEST) return new Invalid([texts.integerTooLong]);
    const isInteger = typeof raw === "string" ? INTEGER.test(raw) : Number.isInteger(raw);
    if (!isInteger) return new Invalid([texts.integer]);
    const value = Number(raw);
    if (value > max) return new Invalid([texts.maxValue(max)]);
    if (value < min) return new Invalid([texts.minValue(min)]);
    return value + 0; // -0 reads as 0
  });
}
