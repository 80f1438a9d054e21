import type { Json } from "@colloquy/engine";
import type { UserId } from "@colloquy/protocol";
import sql, { raw, type Sql } from "sql-template-tag";
import type { SeenMessage } from "../conversation/view/message.ts";
import { MESSAGE_COLUMNS } from "../conversation/view/messageQueries.ts";
import { IS_READ } from "../conversation/view/unread.ts";
import { forQuery, type HiddenRule, visible } from "../conversation/view/visibility.ts";
import type { Queryable, Statement } from "../database/database.ts";
import { escapeLike, keyset } from "../http/index.ts";

const BY_CLIENT_ID: Statement = {
  name: "message_by_client_id",
  text: `select ${MESSAGE_COLUMNS}, true as is_read from message x
    where x.thread_id = $1 and x.sender_id = $2 and x.client_id = $3`,
};

/** The message that its sender posted under a client id. */
export async function findByClientId(
  db: Queryable,
  threadId: number,
  sender: UserId,
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
  userId: UserId,
  clientId: string,
): Promise<boolean> {
  const [row] = await db.query<{ yes: boolean }>(CONFIRMED, [threadId, userId, clientId]);
  return row!.yes;
}

/** What messages can be filtered and ordered by. */
export const MESSAGE_LIST = {
  filters: {
    id: { column: "x.id", kind: "integer" },
    type: { column: "x.type", kind: "text" },
    text: { column: "x.text", kind: "text" },
    sender: { column: "x.sender_id", kind: "user" },
    related_question: { column: "x.related_question", kind: "integer" },
    created: { column: "x.created", kind: "datetime" },
    updated: { column: "x.updated", kind: "datetime" },
  },
  order: ["id", "created", "updated"],
} as const;

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
  viewer: UserId,
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
    select ${raw(MESSAGE_COLUMNS)}, ${raw(IS_READ)} as is_read
    from (select x.* from message x, (select ${JSON.stringify(forQuery(hidden))}::jsonb as rule) hidden
      where x.thread_id = ${threadId} and x.deleted is null${conditions}
      order by ${order} limit ${page.limit} offset ${page.offset}) x
    left join member m on m.thread_id = ${threadId} and m.user_id = ${viewer}
    order by ${order}`);
  return backwards ? rows.reverse() : rows;
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

const THREAD_OF: Statement = {
  name: "message_thread_of",
  text: "select thread_id from message where id = $1",
};

export async function threadOfMessage(db: Queryable, id: number): Promise<number | null> {
  const [row] = await db.query<{ thread_id: number }>(THREAD_OF, [id]);
  return row?.thread_id ?? null;
}
