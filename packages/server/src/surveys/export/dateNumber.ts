const DAY = 86_400_000;
/** 1970-01-01. */
const EPOCH = 25_569;
/** 1900-03-01: Excel counts a 29 February 1900 that never was, and has no dates before 1900. */
const FIRST = 61;
/** The day after 9999-12-31. */
const END = 2_958_466;

/**
 * A date in ISO 8601 as Excel counts: days, with the time of day as a fraction. A cell knows no time zone: with an
 * offset it is the time in UTC, without one the time as it stands. Null for what Excel cannot hold.
 */
export function dateNumber(iso: string): number | null {
  const isOffset = /T.*(?:Z|[+-]\d\d:\d\d)$/.test(iso);
  const milliseconds = Date.parse(iso.includes("T") && !isOffset ? `${iso}Z` : iso);
  const days = milliseconds / DAY + EPOCH;
  return days >= FIRST && days < END ? days : null;
}
