import type { UserId } from "@colloquy/protocol";
import type { Mode, ThreadView } from "../conversation/view/view.ts";
import type { Queryable, Statement } from "../database/database.ts";

/** A member's row, without the thread's. */
export type MemberRow = Mode & Pick<ThreadView, "user_id" | "permissions" | "notifications" | "language">;

const COLUMNS = `user_id, state, schema_id, question_id, related_message, run_id, variables, on_finish,
  initial_question, automated_sender, frequency_unit, frequency_value, repeat_until, next_restart, permissions,
  notifications, language`;

const LIST: Statement = {
  name: "members",
  text: `select ${COLUMNS} from member where thread_id = $1 order by id limit $2 offset $3`,
};

/** Members in the order of joining. */
export function listMembers(
  db: Queryable,
  threadId: number,
  limit: number | null,
  offset: number,
): Promise<MemberRow[]> {
  return db.query<MemberRow>(LIST, [threadId, limit, offset]);
}

const FIND: Statement = {
  name: "member",
  text: `select ${COLUMNS} from member where thread_id = $1 and user_id = $2`,
};

export async function findMember(db: Queryable, threadId: number, userId: UserId): Promise<MemberRow | null> {
  const [row] = await db.query<MemberRow>(FIND, [threadId, userId]);
  return row ?? null;
}

const SCRIPTED: Statement = {
  name: "member_scripted",
  text: `select exists (select from member where thread_id = $1 and user_id is distinct from $2
    and state in ('scripted', 'scripted_fe_controlled')) as yes`,
};

/** Whether somebody else in the thread, or by null anybody, is in a scripted mode. */
export async function isAnotherScripted(
  db: Queryable,
  threadId: number,
  userId: UserId | null,
): Promise<boolean> {
  const [row] = await db.query<{ yes: boolean }>(SCRIPTED, [threadId, userId]);
  return row!.yes;
}
