import { texts } from "../errors.ts";
import { type Field, type FieldOptions, field, Invalid } from "./field.ts";
import { typeName, written } from "./received.ts";

const DIGITS = /^\s*[+-]?\d+\s*$/;

/**
 * The id of another object, also as digits. The caller must check that the object exists, and report
 * `texts.pkNotFound(id)` if it does not.
 */
export function Pk<const O extends FieldOptions<number> = Record<never, never>>(
  options?: O,
): Field<number, O> {
  return field("pk", { type: "integer" }, options ?? ({} as O), (raw) => {
    if (raw === "") return options?.nullable ? null : new Invalid([texts.null]);
    const isId = typeof raw === "string" ? DIGITS.test(raw) : Number.isInteger(raw);
    if (!isId) return new Invalid([texts.pkType(typeName(raw))]);
    const id = Number(raw);
    return Number.isSafeInteger(id) ? id + 0 : new Invalid([texts.pkNotFound(written(raw))]);
  });
}
