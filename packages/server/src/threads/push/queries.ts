import type { Json } from "@colloquy/engine";
import type { UserId } from "@colloquy/protocol";
import type { MessageRow } from "../../conversation/view/message.ts";
import { MESSAGE_COLUMNS } from "../../conversation/view/messageQueries.ts";
import { IS_READ } from "../../conversation/view/unread.ts";
import { forQuery, type HiddenRule, visible } from "../../conversation/view/visibility.ts";
import type { Queryable, Statement } from "../../database/database.ts";
import type { LoggedEvent } from "../../log/loggedEvent.ts";

// Bytes are those of the message that an event tells of; PostgreSQL knows the length of a text without reading it.
const IN_THREADS: Statement = {
  name: "events_in_threads",
  text: `select p.n, e.xid::text as xid, e.id, e.thread_id, e.seq, e.user_id, e.type, e.data, e.created,
      e.events = $3 or e.bytes >= $4 as full
    from unnest($1::bigint[], $2::bigint[]) with ordinality as p(thread_id, after, n)
    cross join lateral (
      select *, row_number() over w as events, sum(size) over w as bytes from (
        select event.*, coalesce((select octet_length(x.text) + coalesce(octet_length(x.meta::text), 0)
            from message x where x.id = (event.data ->> 'message')::bigint), 0) as size
          from event where event.thread_id = p.thread_id and event.seq > p.after order by event.seq limit $3) s
      window w as (order by seq rows unbounded preceding)) e
    where e.bytes - e.size < $4
    order by p.n, e.seq`,
};

/** What happened in a thread after a position in it. */
export interface EventPage {
  events: LoggedEvent[];
  /** There may be more after it. */
  isFull: boolean;
}

/**
 * What happened in each of some threads after a position in it, in the order of commits: up to so many events, and up
 * to so many bytes of the messages that they tell of, but at least one.
 */
export async function eventsInThreads(
  db: Queryable,
  asked: readonly { thread: number; after: number }[],
  { events, bytes }: { events: number; bytes: number },
): Promise<EventPage[]> {
  const found = asked.map((): EventPage => ({ events: [], isFull: false }));
  const columns = [asked.map(({ thread }) => thread), asked.map(({ after }) => after)];
  type Row = LoggedEvent & { n: number; full: boolean };
  for (const { n, full, ...event } of await db.query<Row>(IN_THREADS, [...columns, events, bytes])) {
    found[n - 1]!.events.push(event);
    if (full) found[n - 1]!.isFull = true;
  }
  return found;
}

const LAST_BY_RULE: Statement = {
  name: "last_messages_by_rule",
  text: `select g.n, ${MESSAGE_COLUMNS}, to_jsonb(array(
      select u.id::user_ref from jsonb_array_elements_text(g.viewers -> 'users') as u(id)
      left join member m on m.thread_id = x.thread_id and m.user_id = u.id::user_ref where ${IS_READ})) as readers
    from jsonb_array_elements($2::jsonb) with ordinality as g(viewers, n)
    cross join lateral (select * from message x where x.thread_id = $1 and x.deleted is null
      and ${visible("(g.viewers -> 'rule')")} order by x.seq desc limit 1) x`,
};

/** Viewers of a thread from whom the same is hidden. */
export interface Viewers {
  rule: HiddenRule;
  users: readonly UserId[];
}

/** For each of some groups of viewers, the newest message of a thread that they see, and who of them has read it. */
export async function lastMessagesByRule(
  db: Queryable,
  threadId: number,
  groups: readonly Viewers[],
): Promise<((MessageRow & { readers: UserId[] }) | null)[]> {
  const found = groups.map((): (MessageRow & { readers: UserId[] }) | null => null);
  const asked = groups.map(({ rule, users }) => ({ rule: forQuery(rule), users }));
  type Row = MessageRow & { n: number; readers: UserId[] };
  for (const { n, ...row } of await db.query<Row>(LAST_BY_RULE, [threadId, JSON.stringify(asked)]))
    found[n - 1] = row;
  return found;
}

const SHARED: Statement = {
  name: "messages_shared",
  text: `select ${MESSAGE_COLUMNS} from message x where x.id = any($2::bigint[] || array(
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

const KINDS: Statement = {
  name: "message_kinds",
  text: `select v.message_id, v.type, v.meta, v.replaced from message_version v
    where v.message_id = any($1::bigint[]) order by v.id`,
};

/** What kind of message some were, and until when, oldest first. */
export function findKinds(
  db: Queryable,
  messageIds: readonly number[],
): Promise<{ message_id: number; type: string; meta: Json; replaced: string }[]> {
  return db.query(KINDS, [messageIds]);
}
