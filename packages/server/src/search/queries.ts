import type { UserId } from "@colloquy/protocol";
import sql, { join, raw, type Sql } from "sql-template-tag";
import type { SeenMessage } from "../conversation/view/message.ts";
import { MESSAGE_COLUMNS } from "../conversation/view/messageQueries.ts";
import { IS_READ } from "../conversation/view/unread.ts";
import { forQuery, type HiddenRule, visible } from "../conversation/view/visibility.ts";
import type { Database, Queryable, Statement } from "../database/database.ts";
import { PERMISSION } from "../policies/bits.ts";
import type { Term } from "./terms.ts";
import { MOST_EDITS } from "./typos.ts";

const OWN_PLANS: Statement = {
  name: "search_plans",
  text: "select set_config('plan_cache_mode', 'force_custom_plan', true)",
};

/**
 * Statements with plans of their own: which is the best depends on how many messages have the words, and on how many
 * threads there are. With any other, common words in many threads take twenty times as long.
 */
export function withOwnPlans<Result>(
  db: Database,
  work: (tx: Queryable) => Promise<Result>,
): Promise<Result> {
  return db.transaction(async (tx) => {
    await tx.query(OWN_PLANS);
    return work(tx);
  });
}

const THREADS: Statement = {
  name: "search_threads",
  text: `select m.thread_id as id from member m join thread t on t.id = m.thread_id
    where m.user_id = $1 and m.permissions & ${PERMISSION.MESSAGES_READ} <> 0 and not t.type = any($2)`,
};

/** The threads whose messages a member may read, without types that are not indexed. */
export async function searchableThreads(
  db: Queryable,
  user: UserId,
  notIndexed: readonly string[],
): Promise<number[]> {
  const rows = await db.query<{ id: number }>(THREADS, [user, notIndexed]);
  return rows.map(({ id }) => id);
}

/** Where is searched, by whom, and for what. */
export interface Search {
  threads: readonly number[];
  /** Whether only what the viewer may read as a member counts: asked in the same moment as the rest. */
  asMember: boolean;
  viewer: UserId;
  hidden: HiddenRule;
  /** For each term, the words of which one is enough. */
  terms: readonly (readonly Term[])[];
  /** A BCP 47 tag, by whose rules words are reduced to their stems, too. */
  language: string | null;
  /** Only messages before this id. */
  before: number | null;
  limit: number;
  offset: number;
}

/** A message that was found. */
export interface Hit extends SeenMessage {
  thread_title: string | null;
  rank: number;
  /** The text around what was found, between START and STOP. */
  headline: string;
}

/** Of this many matches, the newest, the best come first. */
const MOST_RANKED = 500;

/** Around what was found; taken out of texts before. */
export const START = "\u0002";
export const STOP = "\u0003";

/** A headline is made of so many characters from the first match on: what it takes grows with their square. */
const PIECE = 2_000;
/** So that what lies across the end of a piece is whole in the next one. */
const OVERLAP = 200;

/** The first part of the text of message `x` that has one of the words in `q`. */
const FIRST_PIECE = sql`case when length(x.text) <= ${PIECE + OVERLAP}::integer then x.text else coalesce((
    select p.piece from generate_series(1, least(length(x.text), 100000), ${PIECE}::integer) as start,
      lateral (select substr(x.text, start, ${PIECE + OVERLAP}::integer) as piece offset 0) p
    where to_tsvector(q.configuration, p.piece) @@ q.some limit 1), left(x.text, ${PIECE}::integer)) end`;

/** Found by the newest matches of a condition that holds the query itself, so that its selectivity is known. */
export function findHits(db: Queryable, search: Search): Promise<Hit[]> {
  const { terms, language, limit, offset, viewer } = search;
  const words = tsquery(terms, SIMPLE);
  const ofReader = sql`coalesce(search_configuration(${language}), ${SIMPLE})`;
  const ofMessage = sql`coalesce(search_configuration(x.language), ${SIMPLE})`;
  const query = language === null ? words : sql`${words} || ${tsquery(terms, ofReader)}`;
  const sought = terms.filter((alternatives) => !alternatives.some(({ excluded }) => excluded));
  const some = [SIMPLE, ...(language === null ? [] : [ofReader])].map((by) => tsquery(sought, by, " || "));
  return db.query<Hit>(sql`
    with wanted as materialized (select ${query} as query, ${join(some, " || ")} as some),
    newest as materialized (
      select x.id, x.search from message x
      where x.search @@ (${query}) and ${isSearched(search)}
      order by x.id desc limit ${MOST_RANKED}),
    ranked as materialized (
      select n.id, ts_rank_cd(n.search, w.query, 1)::float8 as rank from newest n, wanted w
      order by rank desc, n.id desc limit ${limit} offset ${offset})
    select ${raw(MESSAGE_COLUMNS)}, ${raw(IS_READ)} as is_read, r.rank, t.title as thread_title,
      ts_headline(q.configuration, translate(${FIRST_PIECE}, ${START + STOP}, ''), q.query,
        ${`StartSel=${START}, StopSel=${STOP}, MinWords=15, MaxWords=35, ShortWord=0`}) as headline
    from ranked r join message x on x.id = r.id join thread t on t.id = x.thread_id cross join wanted w
    cross join lateral (select ${ofMessage} as configuration, w.query || ${tsquery(terms, ofMessage)} as query,
      w.some || ${tsquery(sought, ofMessage, " || ")} as some offset 0) q
    left join member m on m.thread_id = x.thread_id and m.user_id = ${viewer}
    order by r.rank desc, r.id desc`);
}

/** Words of the newest messages that could be found, as long as those that are searched for, or nearly. */
export async function vocabularyOf(db: Queryable, search: Search): Promise<Set<string>> {
  const lengths = search.terms.flat().map(({ text }) => text.length);
  const [least, most] = [Math.min(...lengths) - MOST_EDITS, Math.max(...lengths) + MOST_EDITS];
  const rows = await db.query<{ word: string }>(sql`
    select distinct word from (select x.search from message x
      where ${isSearched(search)} order by x.id desc limit ${MOST_READ}) x, unnest(tsvector_to_array(x.search)) as word
    where length(word) between ${least}::integer and ${most}::integer limit ${MOST_WORDS}`);
  return new Set(rows.map(({ word }) => word));
}

const MOST_READ = 1_000;
const MOST_WORDS = 10_000;

/** Whether message `x` may be found at all. */
function isSearched({ threads, asMember, viewer, hidden, before }: Search): Sql {
  const conditions = [
    threads.length === 1 ? sql`x.thread_id = ${threads[0]!}` : sql`x.thread_id = any(${threads})`,
    sql`x.deleted is null`,
    ...(before === null ? [] : [sql`x.id < ${before}`]),
    ...(hidden.length === 0
      ? []
      : [
          sql`exists (select from (select ${JSON.stringify(forQuery(hidden))}::jsonb as rule) hidden where ${raw(visible("hidden.rule"))})`,
        ]),
    ...(asMember
      ? [
          sql`exists (select from member m where m.thread_id = x.thread_id and m.user_id = ${viewer}
            and m.permissions & ${PERMISSION.MESSAGES_READ}::integer <> 0)`,
        ]
      : []),
  ];
  return join(conditions, " and ");
}

/** Words as they are. */
const SIMPLE = sql`'pg_catalog.simple'::regconfig`;

/** What must be in a text, by the words that a configuration makes of it. */
function tsquery(
  terms: readonly (readonly Term[])[],
  configuration: Sql,
  operator: " && " | " || " = " && ",
): Sql {
  const one = ({ kind, text, isPrefix }: Term) =>
    kind === "phrase"
      ? sql`phraseto_tsquery(${configuration}, ${text})`
      : sql`to_tsquery(${configuration}, ${`'${text.replace(/['\\]/g, " ")}'${isPrefix ? ":*" : ""}`})`;
  const all = terms.map((alternatives) => {
    const any = join(alternatives.map(one), " || ");
    return alternatives.some(({ excluded }) => excluded) ? sql`!! (${any})` : sql`(${any})`;
  });
  return sql`(${join(all, operator)})`;
}
