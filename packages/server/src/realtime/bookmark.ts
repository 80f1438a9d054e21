/**
 * How far somebody has been told of what they follow: of everything that transactions before `base` committed, and
 * of nothing else; but of each of `threads`, of the events up to that `seq` and no others; and of the rest, only of
 * what transactions before its own base committed.
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
  /** What is still to be told of what was missed; null where that is over. */
  rest: Rest | null;
}

/** Threads, and surveys, whose ids are above these: what was missed is told in the order of ids. */
export interface Rest {
  base: string;
  thread: number;
  survey: number;
}

/** The token of a place in the log, as clients keep it. */
export function toToken({ epoch, base, threads, rest }: Bookmark): string {
  let token = `${epoch}.${base}`;
  let mark = ";";
  for (const [thread, seq] of threads) {
    token += `${mark}${thread}:${seq}`;
    mark = ",";
  }
  return rest === null ? token : `${token}~${rest.base}.${rest.thread}.${rest.survey}`;
}

const TOKEN =
  /^([0-9a-z]{1,32})\.(\d{1,19})(?:;(\d{1,16}:\d{1,16}(?:,\d{1,16}:\d{1,16})*))?(?:~(\d{1,19})\.(\d{1,16})\.(\d{1,16}))?$/;
const LONGEST = 16_384;

/** Null for what is no token. */
export function parseToken(token: string): Bookmark | null {
  if (token.length > LONGEST) return null;
  const [, epoch, base, ahead = "", restBase, thread, survey] = TOKEN.exec(token) ?? [];
  if (epoch === undefined || base === undefined) return null;
  const pairs = ahead.split(",").filter(Boolean);
  const threads = new Map(pairs.map((pair) => pair.split(":").map(Number) as [number, number]));
  const rest =
    restBase === undefined ? null : { base: restBase, thread: Number(thread), survey: Number(survey) };
  const numbers = [...threads].flat().concat(rest === null ? [] : [rest.thread, rest.survey]);
  return numbers.every(Number.isSafeInteger) ? { epoch, base, threads, rest } : null;
}

/** A thread that a user follows: how many events it has, and up to which they have been told. */
export interface Followed {
  thread_id: number;
  event_seq: number;
  since: number;
}

/**
 * The threads that a bookmark still has to name once its base is the one since which these are followed: those of
 * which somebody was told less than there is, or something that came after it.
 */
export function stillNamed(
  followed: readonly Followed[],
  toldOf: (thread: number) => number | undefined,
): Map<number, number> {
  const named = new Map<number, number>();
  for (const { thread_id, event_seq, since } of followed) {
    const told = toldOf(thread_id);
    if (told !== undefined && (told !== event_seq || since < event_seq)) named.set(thread_id, told);
  }
  return named;
}
