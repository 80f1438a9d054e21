import { texts } from "../errors.ts";
import { type Field, type FieldOptions, field, Invalid } from "./field.ts";

export interface TextOptions extends FieldOptions<string> {
  /** In code points, as PostgreSQL counts. */
  maxLength?: number;
  /** Accepts empty text; off by default. */
  blank?: boolean;
  /** Strips whitespace at both ends; on by default. */
  trim?: boolean;
}

/** Text. Numbers become text; booleans, lists and objects are refused. */
export function Text<const O extends TextOptions = Record<never, never>>(options?: O): Field<string, O> {
  const { maxLength, blank = false, trim = true }: TextOptions = options ?? {};
  const jsonSchema = {
    type: "string",
    ...(blank ? {} : { minLength: 1 }),
    ...(maxLength === undefined ? {} : { maxLength }),
  };
  return field("text", jsonSchema, options ?? ({} as O), (raw, form) => {
    if (typeof raw !== "string" && !Number.isFinite(raw)) return new Invalid([texts.string]);
    const text = trim ? String(raw).trim() : String(raw);
    if (text === "" || (trim && text.trim() === "")) {
      if (blank) return "";
      // A form cannot say null: an empty input means it.
      return form && options?.nullable ? null : new Invalid([texts.blank]);
    }
    const problems = textProblems(text, maxLength);
    return problems.length > 0 ? new Invalid(problems) : text;
  });
}

/** The problems of a text that PostgreSQL could not store or that is too long. */
export function textProblems(text: string, maxLength = Number.POSITIVE_INFINITY): string[] {
  const problems: string[] = [];
  if (text.length > maxLength && [...text].length > maxLength) problems.push(texts.maxLength(maxLength));
  if (text.includes("\0")) problems.push(texts.nullCharacters);
  if (!text.isWellFormed()) {
    const [lone = ""] = text.match(/\p{Surrogate}/u) ?? [];
    problems.push(texts.surrogates(lone.charCodeAt(0).toString(16).toUpperCase()));
  }
  return problems;
}
