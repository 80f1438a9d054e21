import { compileDateFormat, type DateFormat } from "./calendar.ts";
import type { AnswerRules } from "./kind.ts";

const compiled = new WeakMap<readonly string[], DateFormat[]>();

/**
 * Whether the text is written in one of the host's extra formats for this kind of value. A datetime may
 * also be a date and a time in two of them, with a space between.
 */
export function inFormat(text: string, rules: AnswerRules, kind: "date" | "time" | "datetime"): boolean {
  const formats = formatsOf(rules);
  const date = kind !== "time";
  const time = kind !== "date";
  if (formats.some((format) => format.hasDate === date && format.hasTime === time && format.matches(text)))
    return true;
  if (kind !== "datetime") return false;
  const space = text.indexOf(" ");
  return (
    space > 0 &&
    inFormat(text.slice(0, space), rules, "date") &&
    inFormat(text.slice(space + 1), rules, "time")
  );
}

function formatsOf(rules: AnswerRules): DateFormat[] {
  let formats = compiled.get(rules.dateFormats);
  if (formats === undefined) {
    formats = rules.dateFormats.map(compileDateFormat);
    compiled.set(rules.dateFormats, formats);
  }
  return formats;
}
