const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const ISO_TIME = /^(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(?:Z|[+-](\d\d)(?::?(\d\d))?)?$/;

/** Whether the text is a real calendar date in ISO 8601 (`2028-02-29`). */
export function isIsoDate(text: string): boolean {
  const parts = ISO_DATE.exec(text);
  return parts !== null && isRealDate(Number(parts[1]), Number(parts[2]), Number(parts[3]));
}

/** Whether the text is a time of day in ISO 8601, seconds, fraction and offset optional (`07:30`, `07:30:00Z`). */
export function isIsoTime(text: string): boolean {
  const parts = ISO_TIME.exec(text);
  if (parts === null) return false;
  const [hour, minute, second, offsetHour, offsetMinute] = parts.slice(1).map((part) => Number(part ?? 0));
  return hour! <= 23 && minute! <= 59 && second! <= 59 && offsetHour! <= 23 && offsetMinute! <= 59;
}

/** A date and a time, with `T` or one space between. */
export function isIsoDateTime(text: string): boolean {
  return /^.{10}[Tt ]/.test(text) && isIsoDate(text.slice(0, 10)) && isIsoTime(text.slice(11).toUpperCase());
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
  matches(text: string): boolean;
}

/** A format in tokens (`MM/dd/yyyy`, `h:mm a`) as a matcher that takes real dates and times only. */
export function compileDateFormat(format: string): DateFormat {
  const parts: string[] = [];
  const pattern = format.replace(/yyyy|MM?|dd?|HH?|hh?|mm|ss|a|[^A-Za-z]|[A-Za-z]/g, (token) => {
    const known = TOKENS[token];
    if (known === undefined) return token.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    parts.push(known[1]);
    return `(${known[0]})`;
  });
  const expression = new RegExp(`^${pattern}$`);
  return {
    hasDate: parts.includes("year") && parts.includes("month") && parts.includes("day"),
    hasTime: parts.includes("hour") || parts.includes("hour12"),
    matches(text) {
      const found = expression.exec(text);
      return (
        found !== null &&
        isReal(Object.fromEntries(parts.map((part, index) => [part, Number(found[index + 1])])))
      );
    },
  };
}

function isReal(part: Record<string, number>): boolean {
  const { year, month, day, hour = 0, hour12 = 1, minute = 0, second = 0 } = part;
  const date = year === undefined || isRealDate(year, month ?? 1, day ?? 1);
  return date && hour <= 23 && hour12 >= 1 && hour12 <= 12 && minute <= 59 && second <= 59;
}

function isRealDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  date.setUTCFullYear(year, month - 1, day); // Date.UTC reads years below 100 as 19xx
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
