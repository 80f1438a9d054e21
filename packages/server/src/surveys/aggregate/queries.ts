import type { Queryable, Statement } from "../../database/database.ts";

const TOTALS: Statement = {
  name: "survey_totals",
  text: `select count(*) as surveys, count(*) filter (where (state->>'completed')::boolean) as completed
    from survey where schema_id = any($1)`,
};

export async function totals(db: Queryable, schemas: readonly number[]) {
  const [row] = await db.query<{ surveys: number; completed: number }>(TOTALS, [schemas]);
  return row!;
}

const SEEN: Statement = {
  name: "survey_seen",
  text: `select seen.qid::int as qid, count(*) as count from survey,
      jsonb_array_elements_text(coalesce(state->'visibility', '[]')) seen(qid)
    where schema_id = any($1) group by 1`,
};

/** In how many surveys each question is visible. */
export function seenByQid(db: Queryable, schemas: readonly number[]) {
  return db.query<{ qid: number; count: number }>(SEEN, [schemas]);
}

const ANSWERED: Statement = {
  name: "survey_answered",
  text: `select question_id as question, count(*) as count, count(*) filter (where written <> '') as written
    from survey_item where question_id = any($1) and active group by 1`,
};

export function answeredByQuestion(db: Queryable, questions: readonly number[]) {
  return db.query<{ question: number; count: number; written: number }>(ANSWERED, [questions]);
}

const CHOSEN: Statement = {
  name: "survey_chosen",
  text: `select option, count(*) as count from survey_item, unnest(answers) option
    where question_id = any($1) and active group by 1`,
};

/** How often each option was chosen. */
export function chosenByOption(db: Queryable, questions: readonly number[]) {
  return db.query<{ option: number; count: number }>(CHOSEN, [questions]);
}

// Converted once per different number: most people give the same few, and as texts they group twice as fast as
// jsonb does. As numeric no sum overflows. What is too close to 0 for the mean to be a double counts as 0.
const NUMBERS = `with given as (
    select question_id, value::text as value, count(*) as count from survey_item
    where question_id = any($1) and active and jsonb_typeof(value) = 'number' group by 1, 2),
  numbers as (
    select qid, round(value::numeric, 300) as number, sum(count) as count
    from unnest($1::bigint[], $2::int[]) asked(question, qid) join given on question_id = question group by 1, 2)`;

const SUMMARY: Statement = {
  name: "survey_numbers",
  text: `${NUMBERS}, placed as (
      select *, sum(count) over (partition by qid order by number) as upto, sum(count) over (partition by qid) as total
      from numbers)
    select qid, min(number)::float8 as minimum, max(number)::float8 as maximum,
      (sum(number * count) / sum(count))::float8 as mean,
      ((min(number) filter (where upto * 2 >= total) + min(number) filter (where upto * 2 > total)) / 2)::float8
        as median,
      bool_and(number = trunc(number)) as whole
    from placed group by qid`,
};

/** Which question asks for a number, by its qid in all versions. */
export interface Asked {
  question: number;
  qid: number;
}

export interface NumberSummary {
  qid: number;
  minimum: number;
  maximum: number;
  mean: number;
  median: number;
  /** Whether all numbers are. */
  whole: boolean;
}

export function summaries(db: Queryable, asked: readonly Asked[]) {
  return db.query<NumberSummary>(SUMMARY, columns(asked));
}

const BINS: Statement = {
  name: "survey_bins",
  text: `${NUMBERS}, histogram as (
      select qid, array(select edge::float8 from jsonb_array_elements_text(edges) edge) as edges
      from jsonb_to_recordset($3::jsonb) x(qid int, edges jsonb))
    select qid, least(width_bucket(number::float8, edges), cardinality(edges) - 1) - 1 as bin, sum(count) as count
    from numbers join histogram using (qid) group by 1, 2`,
};

/** How many numbers lie between each edge and the next; at the last edge too. */
export function bins(
  db: Queryable,
  asked: readonly Asked[],
  edges: readonly { qid: number; edges: readonly number[] }[],
) {
  return db.query<{ qid: number; bin: number; count: number }>(BINS, [
    ...columns(asked),
    JSON.stringify(edges),
  ]);
}

const MONTHS: Statement = {
  name: "survey_months",
  text: `with months as (
      select question_id, substring(value #>> '{}' from '^([0-9]{4}-[0-9]{2})-') as month, count(*) as count
      from survey_item where question_id = any($1) and active group by 1, 2)
    select qid, month, sum(count) as count
    from unnest($1::bigint[], $2::int[]) asked(question, qid) join months on question_id = question
    where month is not null group by 1, 2 order by 2`,
};

/** Dates by their month. */
export function months(db: Queryable, asked: readonly Asked[]) {
  return db.query<{ qid: number; month: string; count: number }>(MONTHS, columns(asked));
}

function columns(asked: readonly Asked[]) {
  return [asked.map(({ question }) => question), asked.map(({ qid }) => qid)];
}

const STOPPED: Statement = {
  name: "survey_stopped",
  text: `select schema_id as schema, last, count(*) as count from (
      select s.id, s.schema_id, max(q.position) as last from survey s
      left join survey_item i on i.survey_id = s.id and i.active
      left join question q on q.id = i.question_id
      where s.schema_id = any($1) and not (s.state->>'completed')::boolean group by s.id) stopped
    group by 1, 2`,
};

/** Of surveys that are not completed: the position of the last answer, null where there is none. */
export function stoppedAt(db: Queryable, schemas: readonly number[]) {
  return db.query<{ schema: number; last: number | null; count: number }>(STOPPED, [schemas]);
}
