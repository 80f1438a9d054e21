import type { UserId } from "@colloquy/protocol";
import type { MessageRow } from "../conversation/view/message.ts";
import { MESSAGE_COLUMNS } from "../conversation/view/messageQueries.ts";
import type { Queryable, Statement } from "../database/database.ts";

const RUN: Statement = {
  name: "run_messages",
  text: `select ${MESSAGE_COLUMNS} from message x where x.run_id = $1 and x.deleted is null order by x.seq`,
};

const RUN_START: Statement = {
  name: "run",
  text: "select user_id, schema_id, passed from run where id = $1",
};

interface RunRow {
  user_id: UserId;
  schema_id: number;
  passed: number[];
}

/** What is left of a run: its messages in order, and the questions passed before the first. */
export async function findRun(db: Queryable, runId: number): Promise<RunRow & { messages: MessageRow[] }> {
  const [run] = await db.query<RunRow>(RUN_START, [runId]);
  return { ...run!, messages: await db.query<MessageRow>(RUN, [runId]) };
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
