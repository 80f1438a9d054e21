import type { Json } from "@colloquy/engine";
import sql, { raw, type Sql } from "sql-template-tag";
import type { Queryable, Statement } from "../database/database.ts";
import { escapeLike, keyset } from "../http/index.ts";
import { COUNTS, FIRST_GAP, IS_READ, IS_STORED } from "../conversation/view/unread.ts";
import { forQuery, type HiddenRule, ruled, visible } from "../conversation/view/visibility.ts";

/** A message as stored. */
export interface MessageRow {
  id: number;
  thread_id: number;
  seq: number;
  sender_id: number | null;
  type: string;
  text: string;
  meta: Json;
  /** For its sender only. */
  client_id: string | null;
  related_question: number | null;
  predecessor: number | null;
  run_id: number | null;
  run_role: "question" | "answer" | null;
  answers: number[];
  passed: number[];
  created: string;
  updated: string;
  deleted: string | null;
}

const NAMES = [
  "id",
  "thread_id",
  "seq",
  "sender_id",
  "type",
  "text",
  "meta",
  "client_id",
  "related_question",
  "predecessor",
  "run_id",
  "run_role",
  "answers",
  "passed",
  "created",
  "updated",
  "deleted",
];
const COLUMNS = NAMES.map((name) => `x.${name}`).join(", ");

/** A message and whether its viewer had read it. */
export interface SeenMessage extends MessageRow {
  is_read: boolean;
}

const FIND = ruled(
  "message",
  "$4",
  (rule) => `select ${COLUMNS}, ${IS_READ} as is_read from message x
    left join member m on m.thread_id = x.thread_id and m.user_id = $3
    where x.id = $2 and x.thread_id = $1 and x.deleted is null and ${visible(rule)}`,
);

export async function findMessage(
  db: Queryable,
  threadId: number,
  id: number,
  viewer: number,
  hidden: HiddenRule,
): Promise<SeenMessage | null> {
  const [row] = await db.query<SeenMessage>(...FIND(hidden, [threadId, id, viewer]));
  return row ?? null;
}

const BY_CLIENT_ID: Statement = {
  name: "message_by_client_id",
  text: `select ${COLUMNS}, true as is_read from message x
    where x.thread_id = $1 and x.sender_id = $2 and x.client_id = $3`,
};

/** The message that its sender posted under a client id. */
export async function findByClientId(
  db: Queryable,
  threadId: number,
  sender: number,
  clientId: string,
): Promise<SeenMessage | null> {
  const [row] = await db.query<SeenMessage>(BY_CLIENT_ID, [threadId, sender, clientId]);
  return row ?? null;
}

const CONFIRMED: Statement = {
  name: "confirmation",
  text: `select exists (select from confirmation
    where thread_id = $1 and user_id = $2 and client_id = $3) as yes`,
};

/** Whether somebody has confirmed a question under a client id. */
export async function hasConfirmed(
  db: Queryable,
  threadId: number,
  userId: number,
  clientId: string,
): Promise<boolean> {
  const [row] = await db.query<{ yes: boolean }>(CONFIRMED, [threadId, userId, clientId]);
  return row!.yes;
}

const SHOWN_SINCE: Statement = {
  name: "message_of_question_since",
  text: `select exists (select from message
    where run_id = $1 and related_question = $2 and seq > $3 and deleted is null) as yes`,
};

/** Whether a run has messages of a question behind a position in the thread. */
export async function isAskedSince(
  db: Queryable,
  runId: number,
  questionId: number,
  seq: number,
): Promise<boolean> {
  const [row] = await db.query<{ yes: boolean }>(SHOWN_SINCE, [runId, questionId, seq]);
  return row!.yes;
}

export interface MessagePage {
  /** Only messages that hold this text. */
  text: string | null;
  where: readonly Sql[];
  order: Sql | null;
  limit: number;
  offset: number;
  before: number | null;
  after: number | null;
}

/** A page of a thread as a viewer sees it: ascending by id unless ordered otherwise. */
export async function listMessages(
  db: Queryable,
  threadId: number,
  viewer: number,
  hidden: HiddenRule,
  page: MessagePage,
): Promise<SeenMessage[]> {
  const conditions = [
    ...page.where,
    ...(page.text === null ? [] : [sql`x.text ilike ${`%${escapeLike(page.text)}%`}`]),
    ...keyset("x.id", page),
    ...(hidden.length === 0 ? [] : [sql`${raw(visible("hidden.rule"))}`]),
  ].reduce((all, condition) => sql`${all} and ${condition}`, sql``);
  const backwards = page.before !== null && page.after === null && page.order === null;
  const order = page.order ?? (backwards ? sql`x.id desc` : sql`x.id`);
  const rows = await db.query<SeenMessage>(sql`
    select ${raw(COLUMNS)}, ${raw(IS_READ)} as is_read
    from (select x.* from message x, (select ${JSON.stringify(forQuery(hidden))}::jsonb as rule) hidden
      where x.thread_id = ${threadId} and x.deleted is null${conditions}
      order by ${order} limit ${page.limit} offset ${page.offset}) x
    left join member m on m.thread_id = ${threadId} and m.user_id = ${viewer}
    order by ${order}`);
  return backwards ? rows.reverse() : rows;
}

const LAST = ruled(
  "last_messages",
  "$3",
  (rule) => `select ${COLUMNS}, ${IS_READ} as is_read from unnest($1::bigint[]) as t(id)
    cross join lateral (select * from message x where x.thread_id = t.id and x.deleted is null
      and ${visible(rule)} order by x.seq desc limit 1) x
    left join member m on m.thread_id = t.id and m.user_id = $2`,
);

/** The newest visible message of each thread. */
export function lastMessages(
  db: Queryable,
  threadIds: readonly number[],
  viewer: number,
  hidden: HiddenRule,
): Promise<SeenMessage[]> {
  return db.query<SeenMessage>(...LAST(hidden, [threadIds, viewer]));
}

const LAST_BY_RULE: Statement = {
  name: "last_messages_by_rule",
  text: `select g.n, ${COLUMNS}, array(
      select u.id::bigint from jsonb_array_elements_text(g.viewers -> 'users') as u(id)
      left join member m on m.thread_id = x.thread_id and m.user_id = u.id::bigint where ${IS_READ}) as readers
    from jsonb_array_elements($2::jsonb) with ordinality as g(viewers, n)
    cross join lateral (select * from message x where x.thread_id = $1 and x.deleted is null
      and ${visible("(g.viewers -> 'rule')")} order by x.seq desc limit 1) x`,
};

/** Viewers of a thread from whom the same is hidden. */
export interface Viewers {
  rule: HiddenRule;
  users: readonly number[];
}

/** For each of some groups of viewers, the newest message of a thread that they see, and who of them has read it. */
export async function lastMessagesByRule(
  db: Queryable,
  threadId: number,
  groups: readonly Viewers[],
): Promise<((MessageRow & { readers: number[] }) | null)[]> {
  const found = groups.map((): (MessageRow & { readers: number[] }) | null => null);
  const asked = groups.map(({ rule, users }) => ({ rule: forQuery(rule), users }));
  type Row = MessageRow & { n: number; readers: number[] };
  for (const { n, ...row } of await db.query<Row>(LAST_BY_RULE, [threadId, JSON.stringify(asked)]))
    found[n - 1] = row;
  return found;
}

const SHARED: Statement = {
  name: "messages_shared",
  text: `select ${COLUMNS} from message x where x.id = any($2::bigint[] || array(
      select (select n.id from message n where n.thread_id = t.id and n.deleted is null order by n.seq desc limit 1)
      from unnest($1::bigint[]) as t(id)))`,
};

/** Messages by id, deleted ones too, and the newest of each of some threads, as nobody in particular sees them. */
export function findMessages(
  db: Queryable,
  threadIds: readonly number[],
  ids: readonly number[],
): Promise<MessageRow[]> {
  return db.query<MessageRow>(SHARED, [threadIds, ids]);
}

const RUN: Statement = {
  name: "run_messages",
  text: `select ${COLUMNS} from message x where x.run_id = $1 and x.deleted is null order by x.seq`,
};

const RUN_START: Statement = {
  name: "run",
  text: "select user_id, schema_id, passed from run where id = $1",
};

interface RunRow {
  user_id: number;
  schema_id: number;
  passed: number[];
}

/** What is left of a run: its messages in order, and the questions passed before the first. */
export async function findRun(db: Queryable, runId: number): Promise<RunRow & { messages: MessageRow[] }> {
  const [run] = await db.query<RunRow>(RUN_START, [runId]);
  return { ...run!, messages: await db.query<MessageRow>(RUN, [runId]) };
}

const MARK: Statement = {
  name: "mark_read",
  text: `update member m set
      seen = m.seen + (select range_agg(int8range(seq, seq + 1)) from unnest($3::bigint[]) seq),
      unread = greatest(0, m.unread - (select count(*) from message x
        where x.thread_id = m.thread_id and x.seq = any($3) and ${IS_STORED} and ${COUNTS}))
    where m.thread_id = $1 and m.user_id = $2`,
};

/** Marks messages of a thread as read by a member. */
export async function markRead(
  db: Queryable,
  threadId: number,
  userId: number,
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

/** Marks everything up to a message as read. */
export async function markReadUpTo(
  db: Queryable,
  threadId: number,
  userId: number,
  seq: number,
): Promise<void> {
  await db.query(MARK_UP_TO, [threadId, userId, seq]);
}

const HISTORY: Statement = {
  name: "message_history",
  text: "select text, type, meta, written, replaced from message_version where message_id = $1 order by id",
};

export interface VersionRow {
  text: string;
  type: string;
  meta: Json;
  written: string;
  replaced: string;
}

/** Earlier versions of a message, oldest first. */
export function findVersions(db: Queryable, messageId: number): Promise<VersionRow[]> {
  return db.query<VersionRow>(HISTORY, [messageId]);
}

const KINDS: Statement = {
  name: "message_kinds",
  text: `select v.message_id, v.type, v.meta, v.replaced from message_version v
    where v.message_id = any($1::bigint[]) order by v.id`,
};

/** What kind of message some were, and until when, oldest first. */
export function findKinds(
  db: Queryable,
  messageIds: readonly number[],
): Promise<(Pick<VersionRow, "type" | "meta" | "replaced"> & { message_id: number })[]> {
  return db.query(KINDS, [messageIds]);
}

const THREAD_OF: Statement = {
  name: "message_thread_of",
  text: "select thread_id from message where id = $1",
};

export async function threadOfMessage(db: Queryable, id: number): Promise<number | null> {
  const [row] = await db.query<{ thread_id: number }>(THREAD_OF, [id]);
  return row?.thread_id ?? null;
}
