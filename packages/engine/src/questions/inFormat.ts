import { compileDateFormat, type DateFormat } from "./calendar.ts";
import type { AnswerRules } from "./kind.ts";

const compiled = new WeakMap<readonly string[], DateFormat[]>();

/**
 * What a text in one of the host's extra formats for this kind of value says, in ISO 8601; null where it is in
 * none of them. The first that fits counts. A datetime may also be a date and a time in two of them, with a
 * space between.
 */
export function readInFormat(
  text: string,
  rules: AnswerRules,
  kind: "date" | "time" | "datetime",
): string | null {
  const formats = formatsOf(rules);
  const date = kind !== "time";
  const time = kind !== "date";
  for (const format of formats) {
    const value = format.hasDate === date && format.hasTime === time ? format.read(text) : null;
    if (value !== null) return value;
  }
  const space = text.indexOf(" ");
  if (kind !== "datetime" || space <= 0) return null;
  const day = readInFormat(text.slice(0, space), rules, "date");
  const hour = readInFormat(text.slice(space + 1), rules, "time");
  return day === null || hour === null ? null : `${day}T${hour}`;
}

function formatsOf(rules: AnswerRules): DateFormat[] {
  let formats = compiled.get(rules.dateFormats);
  if (formats === undefined) {
    formats = rules.dateFormats.map(compileDateFormat);
    compiled.set(rules.dateFormats, formats);
  }
  return formats;
}
