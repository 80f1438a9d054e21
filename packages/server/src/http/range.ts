/** Bytes from `start`; `end` is the last one, null for all that follow. */
export interface Range {
  start: number;
  end: number | null;
}

/** One part that begins at a byte; null for any other header, which may be ignored: the answer is then whole. */
export function readRange(header: string | undefined): Range | null {
  const [, start, end] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (start === undefined) return null;
  const last = end ? Number(end) : null;
  return last !== null && last < Number(start) ? null : { start: Number(start), end: last };
}
