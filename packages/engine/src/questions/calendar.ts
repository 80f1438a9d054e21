const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const ISO_TIME = /^(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(?:Z|[+-](\d\d)(?::?(\d\d))?)?$/;

/** A real calendar date in ISO 8601 (`2028-02-29`); null for any other text. */
export function isoDate(text: string): string | null {
  const parts = ISO_DATE.exec(text);
  return parts !== null && isRealDate(Number(parts[1]), Number(parts[2]), Number(parts[3])) ? text : null;
}

/**
 * A time of day in ISO 8601, seconds, fraction and offset optional (`07:30`, `07:30:00.5Z`, `07:30+01:00`); null
 * for any other text. A comma before the fraction and a short offset are written out.
 */
export function isoTime(text: string): string | null {
  const parts = ISO_TIME.exec(text);
  if (parts === null) return null;
  const [hour, minute, second, offsetHour, offsetMinute] = parts.slice(1).map((part) => Number(part ?? 0));
  const isReal = hour! <= 23 && minute! <= 59 && second! <= 59 && offsetHour! <= 23 && offsetMinute! <= 59;
  if (!isReal) return null;
  return text
    .replace(",", ".")
    .replace(/([+-]\d\d):?(\d\d)?$/, (_offset, hours, minutes) => `${hours}:${minutes ?? "00"}`);
}

/** A date and a time, with `T` or one space between; its value always has the `T`. */
export function isoDateTime(text: string): string | null {
  if (!/^.{10}[Tt ]/.test(text)) return null;
  const date = isoDate(text.slice(0, 10));
  const time = isoTime(text.slice(11).toUpperCase());
  return date === null || time === null ? null : `${date}T${time}`;
}

/** Token of a format → the digits it matches and the part that it names. */
const TOKENS: Record<string, readonly [pattern: string, part: string]> = {
  yyyy: ["\\d{4}", "year"],
  MM: ["\\d{2}", "month"],
  M: ["\\d{1,2}", "month"],
  dd: ["\\d{2}", "day"],
  d: ["\\d{1,2}", "day"],
  HH: ["\\d{2}", "hour"],
  H: ["\\d{1,2}", "hour"],
  hh: ["\\d{2}", "hour12"],
  h: ["\\d{1,2}", "hour12"],
  mm: ["\\d{2}", "minute"],
  ss: ["\\d{2}", "second"],
  a: ["[AaPp]\\.?[Mm]\\.?", "meridiem"],
};

export interface DateFormat {
  hasDate: boolean;
  hasTime: boolean;
  /** What the text says in ISO 8601; null where it is not in the format, or no real date or time. */
  read(text: string): string | null;
}

/** A format in tokens (`MM/dd/yyyy`, `h:mm a`) as a reader of real dates and times. */
export function compileDateFormat(format: string): DateFormat {
  const parts: string[] = [];
  const pattern = format.replace(/yyyy|MM?|dd?|HH?|hh?|mm|ss|a|[^A-Za-z]|[A-Za-z]/g, (token) => {
    const known = TOKENS[token];
    if (known === undefined) return token.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    parts.push(known[1]);
    return `(${known[0]})`;
  });
  const expression = new RegExp(`^${pattern}$`);
  const hasDate = parts.includes("year") && parts.includes("month") && parts.includes("day");
  const hasTime = parts.includes("hour") || parts.includes("hour12");
  return {
    hasDate,
    hasTime,
    read(text) {
      const found = expression.exec(text);
      if (found === null) return null;
      const part = Object.fromEntries(parts.map((name, index) => [name, found[index + 1]!]));
      if (!isReal(part)) return null;
      return [hasDate ? [dateOf(part)] : [], hasTime ? [timeOf(part)] : []].flat().join("T");
    },
  };
}

/** The digits of a text, by the part that they are. */
type Parts = Partial<Record<string, string>>;

function dateOf({ year, month, day }: Parts): string {
  return [year, month, day].map((digits) => digits!.padStart(2, "0")).join("-");
}

function timeOf(part: Parts): string {
  const { minute = "00", second } = part;
  const hour = String(hourOf(part)).padStart(2, "0");
  return [hour, minute, ...(second === undefined ? [] : [second])].join(":");
}

/** Where nothing says whether it is before or after noon, the hour is the one written. */
function hourOf({ hour, hour12, meridiem }: Parts): number {
  if (hour !== undefined || meridiem === undefined) return Number(hour ?? hour12);
  return (Number(hour12) % 12) + (/^p/i.test(meridiem) ? 12 : 0);
}

function isReal(parts: Parts): boolean {
  const part: Partial<Record<string, number>> = Object.fromEntries(
    Object.entries(parts).map(([name, digits]) => [name, Number(digits)]),
  );
  const { year, month, day, hour = 0, hour12 = 1, minute = 0, second = 0 } = part;
  const date = year === undefined || isRealDate(year, month ?? 1, day ?? 1);
  return date && hour <= 23 && hour12 >= 1 && hour12 <= 12 && minute <= 59 && second <= 59;
}

function isRealDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  date.setUTCFullYear(year, month - 1, day); // Date.UTC reads years below 100 as 19xx
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
