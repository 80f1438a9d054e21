import type { UserId } from "@colloquy/protocol";
import type { Queryable } from "../../database/database.ts";
import { ATTACHMENTS } from "./attachment.ts";
import type { SeenMessage } from "./message.ts";
import { IS_READ } from "./unread.ts";
import { type HiddenRule, ruled, visible } from "./visibility.ts";

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
/** The columns of message `x`. */
export const MESSAGE_COLUMNS = [...NAMES.map((name) => `x.${name}`), ATTACHMENTS].join(", ");

const FIND = ruled(
  "message",
  "$4",
  (rule) => `select ${MESSAGE_COLUMNS}, ${IS_READ} as is_read from message x
    left join member m on m.thread_id = x.thread_id and m.user_id = $3
    where x.id = $2 and x.thread_id = $1 and x.deleted is null and ${visible(rule)}`,
);

export async function findMessage(
  db: Queryable,
  threadId: number,
  id: number,
  viewer: UserId,
  hidden: HiddenRule,
): Promise<SeenMessage | null> {
  const [row] = await db.query<SeenMessage>(...FIND(hidden, [threadId, id, viewer]));
  return row ?? null;
}

const LAST = ruled(
  "last_messages",
  "$3",
  (rule) => `select ${MESSAGE_COLUMNS}, ${IS_READ} as is_read from unnest($1::bigint[]) as t(id)
    cross join lateral (select * from message x where x.thread_id = t.id and x.deleted is null
      and ${visible(rule)} order by x.seq desc limit 1) x
    left join member m on m.thread_id = t.id and m.user_id = $2`,
);

/** The newest visible message of each thread. */
export function lastMessages(
  db: Queryable,
  threadIds: readonly number[],
  viewer: UserId,
  hidden: HiddenRule,
): Promise<SeenMessage[]> {
  return db.query<SeenMessage>(...LAST(hidden, [threadIds, viewer]));
}
