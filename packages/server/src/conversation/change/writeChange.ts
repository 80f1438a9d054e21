import type { Queryable, Statement } from "../../database/database.ts";
import { type ChangeSection, type Has, SECTIONS } from "./sections.ts";
import type { ThreadChange } from "./threadChange.ts";

export interface Committed {
  /** Of the newest message. */
  seq: number;
  /** Of the thread. */
  updated: string;
  /** When this was committed. */
  now: string;
  revision: number;
  members_revision: number;
  /** Of the newest event. */
  event_seq: number;
  run_id: number | null;
  /** The new messages, in order. */
  messages: { id: number; seq: number }[];
  /** The ids of what is attached to them, or to one that was there before, in order. */
  attachments: number[];
}

/**
 * Writes a change, which `touches` the thread's `updated` or leaves it. Null where the thread has another revision than
 * the one it was decided on, or is gone, or what was sent under the same `client_id` before is there already.
 */
export async function writeChange(
  db: Queryable,
  threadId: number,
  revision: number,
  change: ThreadChange,
  touches: boolean,
): Promise<Committed | null> {
  const { statement, values } = compile(threadId, revision, change, touches);
  const [row] = await db.query<Committed>(statement, values);
  return row ?? null;
}

/** The sections that a change needs make the statement; each set of sections is prepared once. */
function compile(
  threadId: number,
  revision: number,
  change: ThreadChange,
  touches: boolean,
): { statement: Statement; values: unknown[] } {
  const sections = SECTIONS.filter((section) => section.when(change));
  const values: unknown[] = [
    threadId,
    revision,
    change.messages?.length ?? 0,
    change.events.length,
    change.title ?? null,
    change.deletes?.length ?? 0,
    touches,
    ...sections.map((section) => section.value(change)),
  ];
  const name = `thread_change_${sections.map((section) => section.key).join("")}`;
  return { statement: { name, text: texts.get(name) ?? remember(name, sections) }, values };
}

const texts = new Map<string, string>();

function remember(name: string, sections: ChangeSection[]): string {
  const has: Has = (wanted) => sections.some((section) => section.name === wanted);
  const parameter = (index: number) => `$${8 + index}::jsonb`;
  const guards = sections.flatMap(({ guard }, index) =>
    guard === undefined ? [] : [guard(parameter(index))],
  );
  const text = `with t as (
      update thread set seq = seq + $3::int, event_seq = event_seq + $4::int, title = coalesce($5::text, title),
        deletions = deletions + $6::int, updated = case when $7 then clock_timestamp() else updated end,
        revision = revision + ${sections.some((section) => section.revises) ? "1" : "($5::text is not null)::int"},
        members_revision = members_revision + ${has("joins") || has("leaves") ? 1 : 0}
      where id = $1 and revision = $2${guards.map((guard) => `\n        and ${guard}`).join("")}
      returning id, seq, event_seq, updated, case when $7 then updated else clock_timestamp() end as now,
        revision, members_revision, deletions, seq - $3::int + 1 as first
    )${sections.map((section, index) => `,\n    ${section.sql(parameter(index), has)}`).join("")}
    select seq, event_seq, updated, now, revision, members_revision,
      ${has("run") ? "(select id from r)" : "null::bigint"} as run_id,
      ${has("messages") ? "(select coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'seq', n.seq) order by n.seq), '[]') from n)" : "'[]'::jsonb"} as messages,
      ${has("attachments") || has("attach") ? "(select coalesce(jsonb_agg(id order by id), '[]') from attached)" : "'[]'::jsonb"} as attachments
    from t`;
  texts.set(name, text);
  return text;
}
