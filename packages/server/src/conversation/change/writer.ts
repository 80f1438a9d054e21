import type { UserId } from "@colloquy/protocol";
import type { Database, Queryable, Statement } from "../../database/database.ts";
import { gather } from "../../database/gather.ts";
import type { Written } from "../../log/publish.ts";
import { holds, NOTIFICATION } from "../../policies/bits.ts";
import type { RowVersions } from "../../realtime/watched.ts";
import type { AttachmentRow } from "../view/attachment.ts";
import type { MessageRow, SeenMessage } from "../view/message.ts";
import type { ThreadView } from "../view/view.ts";
import { type FreeMessage, type NewMessage, onlySays, type ThreadChange } from "./threadChange.ts";
import { type Committed, writeChange } from "./writeChange.ts";

/** Writes what was decided. Messages that are all that changes in their threads are written together. */
export interface Writer {
  /**
   * Writes a change of a thread, which `touches` its `updated` or leaves it. Null where the thread has another revision
   * than the one it was decided on, or is gone.
   */
  write(
    thread: Pick<ThreadView, "id" | "revision">,
    change: ThreadChange,
    touches: boolean,
  ): Promise<Committed | null>;
  /**
   * Writes a message that is all that changes. Null where that is not possible now, or not any more: `write` tells why.
   */
  writeMessage(message: LoneMessage): Promise<CommittedMessage | null>;
}

const MOST_AT_ONCE = 64;
/** Milliseconds from one statement to the next, in which further messages come. */
const PACE = 5;

export function openWriter(db: Database): Writer {
  const writeMessage = gather<LoneMessage, CommittedMessage | null>(
    db,
    { most: MOST_AT_ONCE, pace: PACE },
    (messages) => writeMessages(db, messages),
  );
  return {
    writeMessage,
    async write({ id, revision }, change, touches) {
      const message = onlySays(change);
      const together =
        message && (await writeMessage({ thread_id: id, revision, touches, message, users: [] }));
      return together ?? writeChange(db, id, revision, change, touches);
    },
  };
}

/** A message that is all that changes in its thread. */
export interface LoneMessage {
  thread_id: number;
  /** Of the thread, when it was decided on. */
  revision: number;
  touches: boolean;
  message: FreeMessage;
  /** Whose rows are looked at in the same moment: who says it, and those to whom it will be pushed. */
  users: readonly UserId[];
}

/**
 * One statement, and so one transaction, for messages to many threads, or several to one. It takes the locks of the
 * threads in one order, and leaves out whatever would have to wait for another's, or was posted before.
 */
const COMMIT: Statement = {
  name: "thread_messages",
  text: `with x as materialized (
      select *, row_number() over (partition by thread_id, sender_id, client_id order by n) as copy
      from jsonb_to_recordset($1::jsonb) as x(n integer, thread_id bigint, revision bigint, touches boolean,
        sender_id user_ref, type text, text text, meta jsonb, client_id uuid, language text, users user_ref[])
    ), locked as materialized (
      select id, revision from thread where id = any(array(select thread_id from x))
      order by id for no key update skip locked
    ), p as materialized (
      select x.*, row_number() over (partition by x.thread_id order by x.n) as place
      from x join locked l on l.id = x.thread_id and l.revision = x.revision
      where x.client_id is null or x.copy = 1 and not exists (select from message m
        where m.thread_id = x.thread_id and m.sender_id = x.sender_id and m.client_id = x.client_id)
        and not exists (select from confirmation c
        where c.thread_id = x.thread_id and c.user_id = x.sender_id and c.client_id = x.client_id)
    ), t as (
      update thread set seq = seq + c.count, event_seq = event_seq + c.count,
        updated = case when c.touches then clock_timestamp() else updated end
      from (select thread_id, count(*) as count, bool_or(touches) as touches from p group by thread_id) c
      where thread.id = c.thread_id
      returning thread.id, seq - c.count as seq, event_seq - c.count as event_seq, updated,
        case when c.touches then updated else clock_timestamp() end as now, revision, members_revision
    ), w as (
      insert into message (thread_id, seq, sender_id, type, text, meta, client_id, language, created, updated)
      select t.id, t.seq + p.place, p.sender_id, p.type, p.text, nullif(p.meta, 'null'), p.client_id, p.language,
        t.now, t.now
      from p join t on t.id = p.thread_id order by p.n returning id, thread_id, seq
    ), logged as (
      insert into event (thread_id, seq, type, data, created)
      select t.id, t.event_seq + w.seq - t.seq, 'message_created',
        jsonb_build_object('thread', t.id, 'message', w.id), t.now
      from w join t on t.id = w.thread_id order by w.id
    )
    select p.n, w.id, w.seq, t.event_seq + p.place as event_seq, t.updated, t.now, t.revision, t.members_revision,
      array(select coalesce((select m.xmin::text::bigint from member m
        where m.thread_id = t.id and m.user_id = u.id), 0)
        from unnest(p.users) with ordinality as u(id, n) order by u.n) as versions
    from p join t on t.id = p.thread_id join w on w.thread_id = t.id and w.seq = t.seq + p.place`,
};

/** A message that was written. */
export interface CommittedMessage extends Committed {
  /** Of the rows of its users, in their order; 0 for who is no member. */
  versions: number[];
}

type Row = Omit<CommittedMessage, "run_id" | "messages" | "attachments"> & { n: number; id: number };

/**
 * Writes messages, each or not at all: null for one whose thread has another revision by now, is being written to by
 * somebody else, or has it already. A statement for that one alone tells which.
 */
async function writeMessages(
  db: Queryable,
  messages: readonly LoneMessage[],
): Promise<(CommittedMessage | null)[]> {
  const rows = messages.map(({ message, ...about }, n) => ({ ...message, ...about, n }));
  const committed = new Array<CommittedMessage | null>(messages.length).fill(null);
  for (const { n, id, ...row } of await db.query<Row>(COMMIT, [JSON.stringify(rows)]))
    committed[n] = { ...row, run_id: null, messages: [{ id, seq: row.seq }], attachments: [] };
  return committed;
}

/** What is shown of an event of a thread, besides the event: the message that is new, and how the commit saw the rest. */
export interface Said {
  message: MessageRow | null;
  rowVersions: RowVersions | null;
}

/** The events of a change as the log now has them, with the messages that are new. */
export function writtenEvents(
  threadId: number,
  change: ThreadChange,
  committed: Committed,
  rowVersions: RowVersions | null,
): Written<Said>[] {
  const { events, messages = [] } = change;
  const before = committed.event_seq - events.length;
  return events.map(({ type, user_id = null, data = {}, message_new }, index) => {
    const message =
      message_new === undefined
        ? null
        : writtenMessage(threadId, messages[message_new]!, committed, message_new);
    const event = {
      seq: before + index + 1,
      user_id,
      type,
      data: message === null ? data : { ...data, message: message.id },
      created: committed.now,
    };
    return { event, shown: { message, rowVersions } };
  });
}

/** A new message as it now stands in the database. */
export function writtenMessage(
  threadId: number,
  message: NewMessage,
  committed: Committed,
  index: number,
): MessageRow {
  const { id, seq } = committed.messages[index]!;
  return {
    id,
    seq,
    thread_id: threadId,
    sender_id: message.sender_id,
    type: message.type,
    text: message.text,
    meta: message.meta,
    client_id: message.client_id ?? null,
    related_question: message.related_question ?? null,
    predecessor: message.predecessor ?? null,
    run_id: message.run_id ?? null,
    run_role: message.run_role ?? null,
    answers: [...(message.answers ?? [])],
    passed: message.passed ?? [],
    created: committed.now,
    updated: committed.now,
    deleted: null,
    attachments: attachmentsOf(message, committed),
  };
}

/** What was attached to a new message: only one of a change has attachments. */
function attachmentsOf({ attachments = [] }: NewMessage, committed: Committed): AttachmentRow[] | null {
  if (attachments.length === 0) return null;
  return attachments.map((attachment, place) => ({ ...attachment, id: committed.attachments[place]! }));
}

/** A new message as its author sees it. */
export function seenByAuthor(
  view: ThreadView,
  message: NewMessage,
  committed: Committed,
  index: number,
): SeenMessage {
  const is_read = message.sender_id === view.user_id || !holds(view.notifications, NOTIFICATION.UNREAD);
  return { ...writtenMessage(view.id, message, committed, index), is_read };
}
