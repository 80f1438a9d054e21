import type { Database, Statement } from "../database/database.ts";
import { horizon, type Position } from "../events/log.ts";
import type { Wake } from "./bus/bus.ts";

/** Milliseconds between two looks: how late a push is whose wake-up was lost. */
const INTERVAL = 1_000;
const PAGE = 1_000;

/** An event, as far as it says whom to wake. */
interface Swept extends Position {
  thread_id: number | null;
  seq: number | null;
  user_id: number | null;
  type: string;
  /** Whom it is about, and their survey. */
  about: number | null;
  survey: number | null;
}

const SWEEP: Statement = {
  name: "event_sweep",
  text: `select xid::text as xid, id, thread_id, seq, user_id, type, (data ->> 'user')::bigint as about,
      (data ->> 'survey')::bigint as survey
    from event where (xid, id) > ($1::xid8, $2::bigint) and xid < (select pg_snapshot_xmin(pg_current_snapshot()))
    order by xid, id limit ${PAGE}`,
};

/** Joining and leaving, and what one is told of: whoever it is about follows the thread from now on, or no more. */
const MEMBERSHIP = ["member_joined", "member_left"];

/**
 * Looks at the log from time to time for what no wake-up told of: a node may have ended between its commit and its
 * wake-up, or the bus may have broken. Answers how to stop.
 */
export function openSweep(
  db: Database,
  found: (wakes: readonly Wake[], events: number) => void,
  onFault: (error: unknown) => void,
): () => Promise<void> {
  let position: Position | null = null;
  let closed = false;
  let looking: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    position ??= await horizon(db);
    for (let full = true; full && !closed; ) {
      const events: Swept[] = await db.query<Swept>(SWEEP, [position.xid, position.id]);
      full = events.length === PAGE;
      const last = events.at(-1);
      if (last === undefined) return;
      found(wakesOf(events), events.length);
      position = { xid: last.xid, id: last.id };
    }
  }

  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    looking = look()
      .catch(onFault)
      .finally(() => {
        isLooking = false;
      });
  }, INTERVAL);
  timer.unref();

  return async () => {
    closed = true;
    clearInterval(timer);
    await looking;
  };
}

/** Each thread once, with whoever joined or left it; each survey once, as of its last change. */
function wakesOf(events: readonly Swept[]): Wake[] {
  const threads = new Map<number, { seq: number; touched: Map<number, number> }>();
  const surveys = new Map<number, Wake>();
  for (const { thread_id, seq, user_id, type, about, survey, xid, id } of events) {
    if (thread_id !== null) {
      const thread = threads.get(thread_id) ?? { seq: 0, touched: new Map() };
      const user = MEMBERSHIP.includes(type) ? about : user_id;
      // Who joins is told of nothing before.
      if (user !== null && (type === "member_joined" || !thread.touched.has(user)))
        thread.touched.set(user, seq! - 1);
      thread.seq = Math.max(thread.seq, seq!);
      threads.set(thread_id, thread);
    } else if (survey !== null) {
      surveys.set(survey, { type: "survey", user: user_id!, survey, xid, id });
    }
  }
  return [
    ...[...threads].map(([thread, { seq, touched }]): Wake => {
      const users = [...touched].map(([user, after]) => ({ user, after }));
      return { type: "thread", thread, seq, ...(users.length === 0 ? {} : { touched: users }) };
    }),
    ...surveys.values(),
  ];
}
