import type { UserId } from "@colloquy/protocol";
import sql, { raw, type Sql } from "sql-template-tag";
import type { ThreadView } from "../conversation/view/view.ts";
import { viewColumns } from "../conversation/view/viewQueries.ts";
import { forQuery, type HiddenRule } from "../conversation/view/visibility.ts";
import type { Queryable } from "../database/database.ts";
import { keyset } from "../http/index.ts";

/** A page by offset, or of ids below `before` (descending) or above `after` (ascending). */
export interface ThreadPage {
  where: readonly Sql[];
  order: Sql | null;
  limit: number;
  offset: number;
  before: number | null;
  after: number | null;
}

/** The user's threads of a type, most recently updated first unless ordered otherwise. */
export function listThreads(
  db: Queryable,
  userId: UserId,
  type: string,
  hidden: HiddenRule,
  page: ThreadPage,
): Promise<ThreadView[]> {
  const { before, after } = page;
  const conditions = [...page.where, ...keyset("t.id", page)].map((condition) => sql` and ${condition}`);
  const keyed = after !== null ? raw("t.id") : before !== null ? raw("t.id desc") : null;
  return db.query<ThreadView>(sql`
    select ${raw(viewColumns(hidden.length === 0 ? null : "hidden.rule"))}
    from member m join thread t on t.id = m.thread_id, (select ${JSON.stringify(forQuery(hidden))}::jsonb as rule) hidden
    where m.user_id = ${userId} and t.type = ${type}${join(conditions)}
    order by ${page.order ?? keyed ?? raw("t.updated desc, t.id desc")}
    limit ${page.limit} offset ${page.offset}`);
}

function join(parts: Sql[]): Sql {
  return parts.reduce((all, part) => sql`${all}${part}`, sql``);
}
