import type { UserId } from "@colloquy/protocol";
import type { Queryable, Statement } from "../../database/database.ts";
import type { Log } from "../../log/publish.ts";
import type { SeenMessage } from "../view/message.ts";
import { COUNTS, FIRST_GAP, IS_STORED } from "../view/unread.ts";
import type { ThreadView } from "../view/view.ts";

/** What it takes to note what somebody has read. */
export interface ReadDeps {
  db: Queryable;
  log: Pick<Log, "publish">;
}

/** Messages that a member has got are read from now on; the rows still say how it was. */
export async function readMessages(
  { db, log }: ReadDeps,
  view: ThreadView,
  reader: UserId,
  rows: readonly SeenMessage[],
): Promise<void> {
  const fresh = rows.filter((row) => !row.is_read).map((row) => row.seq);
  if (!view.is_member || fresh.length === 0) return;
  await markRead(db, view.id, reader, fresh);
  publishReading(log, reader, view.id);
}

/** Everything up to a message is read. */
export async function readUpTo(
  { db, log }: ReadDeps,
  view: ThreadView,
  reader: UserId,
  seq: number,
): Promise<void> {
  if (!view.is_member) return;
  await markReadUpTo(db, view.id, reader, seq);
  publishReading(log, reader, view.id);
}

/** No event is logged of it: who missed it is told the count when they come back. */
function publishReading(log: ReadDeps["log"], user: UserId, thread: number): void {
  log.publish({ wake: { type: "unread", user, thread }, happened: [] });
}

const MARK: Statement = {
  name: "mark_read",
  text: `update member m set
      seen = m.seen + (select range_agg(int8range(seq, seq + 1)) from unnest($3::bigint[]) seq),
      unread = greatest(0, m.unread - (select count(*) from message x
        where x.thread_id = m.thread_id and x.seq = any($3) and ${IS_STORED} and ${COUNTS}))
    where m.thread_id = $1 and m.user_id = $2`,
};

async function markRead(
  db: Queryable,
  threadId: number,
  userId: UserId,
  seqs: readonly number[],
): Promise<void> {
  await db.query(MARK, [threadId, userId, seqs]);
}

const MARK_UP_TO: Statement = {
  name: "mark_read_up_to",
  text: `update member m set
      seen = m.seen + int8multirange(int8range(1, $3::bigint + 1)),
      unread = greatest(0, m.unread - (select count(*) from message x
        where x.thread_id = m.thread_id and x.seq <= $3::bigint and x.seq > ${FIRST_GAP} and ${IS_STORED}
          and ${COUNTS}))
    where m.thread_id = $1 and m.user_id = $2`,
};

/** Marks everything up to a message as read, and says so to nobody. */
export async function markReadUpTo(
  db: Queryable,
  threadId: number,
  userId: UserId,
  seq: number,
): Promise<void> {
  await db.query(MARK_UP_TO, [threadId, userId, seq]);
}
