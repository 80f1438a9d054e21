import type { UserId } from "@colloquy/protocol";
import type { Wake } from "../bus/bus.ts";
import type { Database, Statement } from "../database/database.ts";
import type { LoggedEvent } from "./loggedEvent.ts";
import { horizon, type Position } from "./position.ts";

/** Milliseconds between two looks: how late a push is whose wake-up was lost. */
const INTERVAL = 1_000;
const PAGE = 1_000;

/** What came next in the log: which threads have come how far, and what else there is to say of some of it. */
interface Swept extends Position {
  events: number;
  threads: number[];
  /** Of each of these, the newest event. */
  seqs: number[];
  /** Events that concern a single user. */
  personal: PersonalEvent[];
}

interface PersonalEvent extends Omit<LoggedEvent, "data" | "created"> {
  /** Whom it is about, and their survey. */
  about: UserId | null;
  survey: number | null;
}

/** Joining and leaving, and what one is told of: whoever it is about follows the thread from now on, or no more. */
const MEMBERSHIP = ["member_joined", "member_left"];

// Mostly all of it is what this node wrote itself, so that it should cost little: one row.
const SWEEP: Statement = {
  name: "event_sweep",
  text: `with e as materialized (
      select xid, id, thread_id, seq, user_id, type, data from event
      where (xid, id) > ($1::xid8, $2::bigint) and xid < (select pg_snapshot_xmin(pg_current_snapshot()))
      order by xid, id limit ${PAGE}
    ), t as (
      select thread_id, max(seq) as seq from e where thread_id is not null group by thread_id
    )
    select l.xid::text as xid, l.id, (select count(*) from e)::integer as events,
      (select coalesce(array_agg(thread_id order by thread_id), '{}') from t) as threads,
      (select coalesce(array_agg(seq order by thread_id), '{}') from t) as seqs,
      (select coalesce(jsonb_agg(jsonb_build_object('xid', xid::text, 'id', id, 'thread_id', thread_id, 'seq', seq,
          'user_id', user_id, 'type', type, 'about', (data ->> 'user')::user_ref,
          'survey', (data ->> 'survey')::bigint) order by xid, id), '[]')
        from e where thread_id is null or user_id is not null
          or type in (${MEMBERSHIP.map((type) => `'${type}'`)})) as personal
    from (select xid, id from e order by xid desc, id desc limit 1) l`,
};

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
      const [swept]: Swept[] = await db.query<Swept>(SWEEP, [position.xid, position.id]);
      if (swept === undefined) return;
      full = swept.events === PAGE;
      found(wakesOf(swept), swept.events);
      position = { xid: swept.xid, id: swept.id };
    }
  }

  let isLooking = false;
  function start(): void {
    if (isLooking) return;
    isLooking = true;
    looking = look()
      .catch(onFault)
      .finally(() => {
        isLooking = false;
      });
  }
  // At once, too: what comes from now on is to be found.
  start();
  const timer = setInterval(start, INTERVAL);
  timer.unref();

  return async () => {
    closed = true;
    clearInterval(timer);
    await looking;
  };
}

/** Each thread once, with whoever joined or left it; each survey once, as of its last change. */
function wakesOf({ threads, seqs, personal }: Swept): Wake[] {
  const touched = new Map<number, Map<UserId, number>>();
  const surveys = new Map<number, Wake>();
  for (const { thread_id, seq, user_id, type, about, survey, xid, id } of personal) {
    if (thread_id !== null) {
      const users = touched.get(thread_id) ?? new Map<UserId, number>();
      touched.set(thread_id, users);
      const user = MEMBERSHIP.includes(type) ? about : user_id;
      // Who joins is told of nothing before.
      if (user !== null && (type === "member_joined" || !users.has(user))) users.set(user, seq! - 1);
    } else if (survey !== null) {
      surveys.set(survey, { type: "survey", user: user_id!, survey, xid, id });
    }
  }
  return [
    ...threads.map((thread, index): Wake => {
      const users = [...(touched.get(thread) ?? [])].map(([user, after]) => ({ user, after }));
      return { type: "thread", thread, seq: seqs[index]!, ...(users.length === 0 ? {} : { touched: users }) };
    }),
    ...surveys.values(),
  ];
}
