import { texts } from "../errors.ts";
import { type Field, type FieldOptions, field, Invalid } from "./field.ts";

const UUID = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/i;

/** A UUID of any version, normalized to lower case with hyphens. */
export function Uuid<const O extends FieldOptions<string> = Record<never, never>>(
  options?: O,
): Field<string, O> {
  return field("value", { type: "string", format: "uuid" }, options ?? ({} as O), (raw, form) => {
    if (form && raw === "" && options?.nullable) return null;
    const match = typeof raw === "string" ? UUID.exec(raw) : null;
    return match === null ? new Invalid([texts.uuid]) : match.slice(1).join("-").toLowerCase();
  });
}
