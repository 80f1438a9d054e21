import { texts } from "../errors.ts";
import { type Field, type FieldOptions, field, Invalid } from "./field.ts";

const ISO =
  /^(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,6})\d{0,6})?)?\s*(?:(Z)|([+-])(\d{2})(?::?(\d{2}))?)?$/i;

/** A time, with an offset or in UTC, normalized to UTC: `2026-11-22T16:47:58.413419Z`. */
export function DateTime<const O extends FieldOptions<string> = Record<never, never>>(
  options?: O,
): Field<string, O> {
  return field("value", { type: "string", format: "date-time" }, options ?? ({} as O), (raw, form) => {
    if (form && raw === "" && options?.nullable) return null;
    const time = typeof raw === "string" ? toUtc(raw.trim()) : undefined;
    if (time === undefined) return new Invalid([texts.dateTime]);
    return time === "out of range" ? new Invalid([texts.dateTimeRange]) : time;
  });
}

/**
 * An ISO 8601 time in UTC with microseconds, without a fraction if it is 0. Undefined if the text is not a time.
 */
export function toUtc(text: string): string | "out of range" | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = "0", fraction = "", , sign, hours = "0", minutes = "0"] =
    match;
  const numbers = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (!isCalendarTime(numbers) || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -60_000 : 60_000);
  const time = new Date(instant(numbers) - offset);
  if (!(time.getTime() >= FIRST && time.getTime() <= LAST)) return "out of range";
  const micros = fraction.padEnd(6, "0");
  return `${time.toISOString().slice(0, 19)}${micros === "000000" ? "" : `.${micros}`}Z`;
}

type Numbers = [year: number, month: number, day: number, hour: number, minute: number, second: number];

function isCalendarTime([year, month, day, hour, minute, second]: Numbers): boolean {
  const date = new Date(instant([year, month, day, 0, 0, 0]));
  const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year >= 1;
  return isDate && hour <= 23 && minute <= 59 && second <= 59;
}

/** `Date.UTC` takes the years 0 to 99 for 1900 to 1999. */
function instant([year, month, day, hour, minute, second]: Numbers): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.setUTCHours(hour, minute, second);
}

const FIRST = instant([1, 1, 1, 0, 0, 0]);
const LAST = instant([9999, 12, 31, 23, 59, 59]);
