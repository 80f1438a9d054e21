import type { FlowFailure, Json, Variables } from "@colloquy/engine";
import type { SurveyState, UserId } from "@colloquy/protocol";
import sql, { raw, type Sql } from "sql-template-tag";
import type { Queryable, Statement } from "../database/database.ts";
import { keyset } from "../http/index.ts";
import type { NewEvent } from "../log/loggedEvent.ts";
import type { Position } from "../log/position.ts";

/** A survey as stored. */
export interface SurveyRow {
  id: number;
  schema_id: number;
  user_id: UserId;
  automated_sender: UserId | null;
  state: SurveyState | null;
  variables: Variables;
  failure: FlowFailure | null;
  revision: number;
  created: string;
  updated: string;
}

/** What the way through the schema depends on, of one answer. */
export interface Given {
  id: number;
  question_id: number;
  active: boolean;
  answers: number[];
}

/** A survey with what is answered in it. */
export interface Snapshot extends SurveyRow {
  given: Given[];
}

/** An answer as stored. */
export interface ItemRow extends Given {
  survey_id: number;
  text: string;
  /** What the person wrote, where `text` shows more. */
  written: string;
  meta: Json;
  sender_id: UserId | null;
  created: string;
  updated: string;
}

const COLUMNS = [
  "id",
  "schema_id",
  "user_id",
  "automated_sender",
  "state",
  "variables",
  "failure",
  "revision",
  "created",
  "updated",
]
  .map((column) => `s.${column}`)
  .join(", ");

const ITEM_COLUMNS = [
  "id",
  "survey_id",
  "question_id",
  "answers",
  "text",
  "written",
  "meta",
  "sender_id",
  "active",
  "created",
  "updated",
]
  .map((column) => `i.${column}`)
  .join(", ");

const SURVEY: Statement = { name: "survey", text: `select ${COLUMNS} from survey s where s.id = $1` };

export async function findSurvey(db: Queryable, id: number): Promise<SurveyRow | null> {
  const [row] = await db.query<SurveyRow>(SURVEY, [id]);
  return row ?? null;
}

const SNAPSHOT: Statement = {
  name: "survey_snapshot",
  text: `select ${COLUMNS}, coalesce((select jsonb_agg(jsonb_build_object('id', i.id, 'question_id', i.question_id,
      'active', i.active, 'answers', to_jsonb(i.answers))) from survey_item i where i.survey_id = s.id), '[]') as given
    from survey s where s.id = $1`,
};

export async function findSnapshot(db: Queryable, id: number): Promise<Snapshot | null> {
  const [row] = await db.query<Snapshot>(SNAPSHOT, [id]);
  return row ?? null;
}

const ITEM: Statement = {
  name: "survey_item",
  text: `select ${ITEM_COLUMNS} from survey_item i where i.id = $2 and i.survey_id = $1`,
};

export async function findItem(db: Queryable, surveyId: number, id: number): Promise<ItemRow | null> {
  const [row] = await db.query<ItemRow>(ITEM, [surveyId, id]);
  return row ?? null;
}

/** What surveys can be filtered and ordered by. */
export const SURVEY_LIST = {
  filters: {
    id: { column: "s.id", kind: "integer" },
    schema: { column: "s.schema_id", kind: "integer" },
    user: { column: "s.user_id", kind: "user" },
    created: { column: "s.created", kind: "datetime" },
    updated: { column: "s.updated", kind: "datetime" },
  },
  order: ["id", "created", "updated"],
} as const;

export interface SurveyPage {
  where: readonly Sql[];
  order: Sql | null;
  limit: number;
  offset: number;
  before: number | null;
  after: number | null;
}

/** Surveys of a user, or of everybody, newest first; above `after` they ascend. */
export function listSurveys(db: Queryable, user: UserId | null, page: SurveyPage): Promise<SurveyRow[]> {
  const conditions = [
    ...(user === null ? [] : [sql`s.user_id = ${user}`]),
    ...page.where,
    ...keyset("s.id", page),
  ].map((condition) => sql` and ${condition}`);
  const ascends = page.after !== null && page.before === null;
  return db.query<SurveyRow>(sql`
    select ${raw(COLUMNS)} from survey s where true${joined(conditions)}
    order by ${page.order ?? raw(ascends ? "s.id" : "s.id desc")} limit ${page.limit} offset ${page.offset}`);
}

export const ALL_ITEMS = { where: [], order: null, limit: null, offset: 0 };

/** The answers of a survey, by the position of their questions unless ordered otherwise. */
export function listItems(
  db: Queryable,
  surveyId: number,
  page: { where: readonly Sql[]; order: Sql | null; limit: number | null; offset: number },
): Promise<ItemRow[]> {
  const conditions = page.where.map((condition) => sql` and ${condition}`);
  return db.query<ItemRow>(sql`
    select ${raw(ITEM_COLUMNS)} from survey_item i join question q on q.id = i.question_id
    where i.survey_id = ${surveyId}${joined(conditions)}
    order by ${page.order ?? raw("q.position")} limit ${page.limit} offset ${page.offset}`);
}

function joined(parts: Sql[]): Sql {
  return parts.reduce((all, part) => sql`${all}${part}`, sql``);
}

export interface NewSurvey {
  schema_id: number;
  user_id: UserId;
  automated_sender: UserId | null;
  state: SurveyState | null;
  variables: Variables;
  failure: FlowFailure | null;
}

/** Where the log of events was when a change was committed. */
type Committed<Row> = Row & Position;

const LOGGED = (events: string) => `logged as (
      insert into event (user_id, type, data, created)
      select s.user_id, x.type, x.data || jsonb_build_object('survey', s.id), s.updated
      from s, jsonb_to_recordset(${events}::jsonb) as x(n integer, type text, data jsonb) order by x.n
      returning event.xid, event.id)`;
const POSITION = "(select max(xid::text) from logged) as xid, (select max(id) from logged) as id";

const INSERT: Statement = {
  name: "survey_insert",
  text: `with s as (
      insert into survey (schema_id, user_id, automated_sender, state, variables, failure)
      values ($1, $2, $3, nullif($4::jsonb, 'null'), $5::jsonb, nullif($6::jsonb, 'null')) returning *),
    ${LOGGED("$7")}
    select s.id as survey_id, s.created, s.updated, ${POSITION} from s`,
};

export async function insertSurvey(
  db: Queryable,
  survey: NewSurvey,
  events: readonly NewEvent[],
): Promise<Committed<{ survey_id: number; created: string; updated: string }>> {
  const { schema_id, user_id, automated_sender, state, variables, failure } = survey;
  const json = [state, variables, failure, numbered(events)].map((value) => JSON.stringify(value));
  const [row] = await db.query<Committed<{ survey_id: number; created: string; updated: string }>>(INSERT, [
    schema_id,
    user_id,
    automated_sender,
    ...json,
  ]);
  return row!;
}

/** An answer to be stored, in place of an earlier one to its question. */
export interface Put {
  question_id: number;
  answers: readonly number[];
  text: string;
  written: string;
  /** See `storedValue`. */
  value: Json;
  meta: Json;
  sender_id: UserId | null;
}

/** What an answer, or several, change in a survey. */
export interface SurveyChange {
  state: SurveyState | null;
  variables: Variables;
  failure: FlowFailure | null;
  puts: readonly (Put & { active: boolean })[];
  /** Ids of items to delete. */
  drops: readonly number[];
  /** Items that stay, and whether they count from now on. */
  flags: readonly Pick<Given, "id" | "active">[];
  events: readonly NewEvent[];
}

export type SurveyCommitted = Committed<{
  updated: string;
  revision: number;
  items: Pick<Given, "id" | "question_id">[];
}>;

const COMMIT: Statement = {
  name: "survey_change",
  text: `with s as (
      update survey set state = nullif($3::jsonb, 'null'), variables = $4::jsonb, failure = nullif($5::jsonb, 'null'),
        revision = revision + 1, updated = clock_timestamp()
      where id = $1 and revision = $2 returning id, user_id, updated, revision),
    put as (
      insert into survey_item (survey_id, question_id, answers, text, written, value, meta, sender_id, active, created,
        updated)
      select s.id, x.question_id, x.answers, x.text, x.written, nullif(x.value, 'null'), nullif(x.meta, 'null'),
        x.sender_id, x.active, s.updated, s.updated
      from s, jsonb_to_recordset($6::jsonb) as x(question_id bigint, answers bigint[], text text, written text,
        value jsonb, meta jsonb, sender_id user_ref, active boolean)
      on conflict (survey_id, question_id) do update set answers = excluded.answers, text = excluded.text,
        written = excluded.written, value = excluded.value, meta = excluded.meta, active = excluded.active, updated = excluded.updated
      returning survey_item.id, survey_item.question_id),
    gone as (
      delete from survey_item i using s where i.survey_id = s.id and i.id = any($7::bigint[])),
    flagged as (
      update survey_item i set active = x.active
      from s, jsonb_to_recordset($8::jsonb) as x(id bigint, active boolean)
      where i.id = x.id and i.survey_id = s.id),
    ${LOGGED("$9")}
    select s.updated, s.revision, ${POSITION}, coalesce((select jsonb_agg(jsonb_build_object('id', put.id,
      'question_id', put.question_id)) from put), '[]') as items from s`,
};

/** Writes a change. Null where the survey has another revision than the one it was decided on, or is gone. */
export async function commitSurvey(
  db: Queryable,
  { id, revision }: SurveyRow,
  change: SurveyChange,
): Promise<SurveyCommitted | null> {
  const json = [change.state, change.variables, change.failure, change.puts].map((value) =>
    JSON.stringify(value),
  );
  const [row] = await db.query<SurveyCommitted>(COMMIT, [
    id,
    revision,
    ...json,
    change.drops,
    JSON.stringify(change.flags),
    JSON.stringify(numbered(change.events)),
  ]);
  return row ?? null;
}

function numbered(events: readonly NewEvent[]) {
  return events.map(({ type, data = {} }, n) => ({ type, data, n }));
}

const DELETE: Statement = {
  name: "survey_delete",
  text: `with s as (delete from survey where id = $1 returning id, user_id, clock_timestamp() as updated),
    ${LOGGED("$2")}
    select ${POSITION} from s`,
};

/** Deletes a survey with its answers; null where it is gone already. */
export async function deleteSurvey(
  db: Queryable,
  id: number,
  events: readonly NewEvent[],
): Promise<Position | null> {
  const [row] = await db.query<Position>(DELETE, [id, JSON.stringify(numbered(events))]);
  return row ?? null;
}
