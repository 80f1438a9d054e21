import type { UserId } from "@colloquy/protocol";
import sql, { raw, type Sql } from "sql-template-tag";
import { asReader, type ThreadView } from "../conversation/view/view.ts";
import { viewColumns } from "../conversation/view/viewQueries.ts";
import { forQuery, type HiddenRule } from "../conversation/view/visibility.ts";
import type { Queryable } from "../database/database.ts";
import { keyset } from "../http/index.ts";

/** What one's threads can be filtered and ordered by. */
export const THREAD_LIST = {
  filters: {
    id: { column: "t.id", kind: "integer" },
    title: { column: "t.title", kind: "text" },
    created: { column: "t.created", kind: "datetime" },
    updated: { column: "t.updated", kind: "datetime" },
    state: { column: "m.state", kind: "text" },
    schema: { column: "m.schema_id", kind: "integer" },
  },
  order: ["id", "created", "updated"],
} as const;

/** A page by offset, or of ids below `before` (descending) or above `after` (ascending). */
export interface ThreadPage {
  where: readonly Sql[];
  order: Sql | null;
  limit: number;
  offset: number;
  before: number | null;
  after: number | null;
}

/** The user's threads, most recently updated first unless ordered otherwise. */
export function listThreads(
  db: Queryable,
  userId: UserId,
  hidden: HiddenRule,
  page: ThreadPage,
): Promise<ThreadView[]> {
  const { before, after } = page;
  const conditions = [...page.where, ...keyset("t.id", page)].map((condition) => sql` and ${condition}`);
  const keyed = after !== null ? raw("t.id") : before !== null ? raw("t.id desc") : null;
  return db.query<ThreadView>(sql`
    select ${raw(viewColumns(hidden.length === 0 ? null : "hidden.rule"))}
    from member m join thread t on t.id = m.thread_id, (select ${JSON.stringify(forQuery(hidden))}::jsonb as rule) hidden
    where m.user_id = ${userId}${join(conditions)}
    order by ${page.order ?? keyed ?? raw("t.updated desc, t.id desc")}
    limit ${page.limit} offset ${page.offset}`);
}

/** What everybody's threads can be filtered and ordered by. */
export const ALL_THREADS_LIST = {
  filters: {
    id: { column: "t.id", kind: "integer" },
    type: { column: "t.type", kind: "text" },
    title: { column: "t.title", kind: "text" },
    created: { column: "t.created", kind: "datetime" },
    updated: { column: "t.updated", kind: "datetime" },
  },
  order: ["id", "created", "updated"],
} as const;

/** Everybody's threads, or those that somebody is a member of, newest first; each as the viewer sees it. */
export function listAllThreads(
  db: Queryable,
  viewer: UserId,
  hidden: HiddenRule,
  { member, ...page }: ThreadPage & { member: UserId | null },
): Promise<ThreadView[]> {
  const ofMember = sql`exists (select from member x where x.thread_id = t.id and x.user_id = ${member})`;
  const conditions = [...(member === null ? [] : [ofMember]), ...page.where, ...keyset("t.id", page)];
  const ascends = page.after !== null && page.before === null;
  return db
    .query<ThreadView>(sql`
      select ${raw(viewColumns(hidden.length === 0 ? null : "hidden.rule"))}
      from thread t left join member m on m.thread_id = t.id and m.user_id = ${viewer},
        (select ${JSON.stringify(forQuery(hidden))}::jsonb as rule) hidden
      where true${join(conditions.map((condition) => sql` and ${condition}`))}
      order by ${page.order ?? raw(ascends ? "t.id" : "t.id desc")}
      limit ${page.limit} offset ${page.offset}`)
    .then((views) => views.map((view) => asReader({ ...view, user_id: viewer })));
}

function join(parts: Sql[]): Sql {
  return parts.reduce((all, part) => sql`${all}${part}`, sql``);
}
