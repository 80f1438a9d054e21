/**
 * How far somebody has been told of what they follow: of everything that transactions before `base` committed, and
 * of nothing else; but of each of `threads`, of the events up to that `seq` and no others.
 *
 * Ids of transactions are not the order of commits, so one position in the log would not do: a thread's event may
 * be pushed while another, of an older transaction, has not been committed yet.
 */
export interface Bookmark {
  /** Of the database: one that was restored is another. */
  epoch: string;
  /** The id of a transaction. */
  base: string;
  threads: Map<number, number>;
}

/** The token of a place in the log, as clients keep it. */
export function toToken({ epoch, base, threads }: Bookmark): string {
  let token = `${epoch}.${base}`;
  let mark = ";";
  for (const [thread, seq] of threads) {
    token += `${mark}${thread}:${seq}`;
    mark = ",";
  }
  return token;
}

const TOKEN = /^([0-9a-z]{1,32})\.(\d{1,19})(?:;(\d{1,16}:\d{1,16}(?:,\d{1,16}:\d{1,16})*))?$/;
const LONGEST = 16_384;

/** Null for what is no token. */
export function parseToken(token: string): Bookmark | null {
  if (token.length > LONGEST) return null;
  const [, epoch, base, ahead = ""] = TOKEN.exec(token) ?? [];
  if (epoch === undefined || base === undefined) return null;
  const pairs = ahead.split(",").filter(Boolean);
  const threads = new Map(pairs.map((pair) => pair.split(":").map(Number) as [number, number]));
  const isSafe = [...threads].flat().every(Number.isSafeInteger);
  return isSafe ? { epoch, base, threads } : null;
}
