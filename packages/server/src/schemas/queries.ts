import type { Question, Schema } from "@colloquy/engine";
import type { SchemaSummary } from "@colloquy/protocol";
import sql, { type Sql } from "sql-template-tag";
import type { Queryable, Statement } from "../database/database.ts";

const SUMMARY = "id, name, type, version, published, deprecated";

/** What schemas of a type can be filtered and ordered by. */
export const SCHEMA_LIST = {
  filters: {
    id: { column: "id", kind: "integer" },
    name: { column: "name", kind: "text" },
    version: { column: "version", kind: "integer" },
    published: { column: "published", kind: "boolean" },
    deprecated: { column: "deprecated", kind: "boolean" },
    created: { column: "created", kind: "datetime" },
    updated: { column: "updated", kind: "datetime" },
  },
  order: ["id", "name", "version", "created", "updated"],
} as const;

/** The same of all schemas. */
export const ALL_SCHEMAS_LIST = {
  filters: { ...SCHEMA_LIST.filters, type: { column: "type", kind: "text" } },
  order: ["id", "name", "version"],
} as const;

/** A schema's row: what may change while its questions stay. */
export interface SchemaRow extends SchemaSummary {
  language: string;
  revision: number;
}

const FIND: Statement = {
  name: "schema",
  text: `select ${SUMMARY}, language, revision from schema where id = $1`,
};

export async function findSchema(db: Queryable, id: number): Promise<SchemaRow | null> {
  const [row] = await db.query<SchemaRow>(FIND, [id]);
  return row ?? null;
}

export function listSchemas(
  db: Queryable,
  page: { where: readonly Sql[]; order: Sql | null; limit: number | null; offset: number },
): Promise<SchemaRow[]> {
  const where = page.where.reduce((all, condition) => sql`${all} and ${condition}`, sql``);
  return db.query<SchemaRow>(sql`
    select id, name, type, version, published, deprecated, language, revision from schema
    where true${where} order by ${page.order ?? sql`id`} limit ${page.limit} offset ${page.offset}`);
}

const LOAD: Statement = {
  name: "schema_whole",
  text: `select s.id, s.name, s.type, s.version, s.language, s.published, s.deprecated, s.revision,
      coalesce((select jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name, 'position', g.position,
        'translations', g.translations) order by g.position) from schema_group g where g.schema_id = s.id), '[]') as groups,
      coalesce((select jsonb_agg(jsonb_build_object('id', q.id, 'qid', q.qid, 'group', q.group_id,
        'position', q.position, 'type', q.type, 'text', q.text, 'required', q.required, 'next_qid', q.next_qid,
        'choice_open', q.choice_open, 'range_from', q.range_from, 'range_to', q.range_to,
        'show_as_type', q.show_as_type, 'meta', q.meta, 'comments', q.comments,
        'variable_modifications', q.variable_modifications, 'forking_rules', q.forking_rules,
        'answers', coalesce(a.answers, '[]'), 'attachments', coalesce(t.attachments, '[]'),
        'translations', q.translations) order by q.position)
        from question q
        left join lateral (select jsonb_agg(jsonb_build_object('id', a.id, 'position', a.position, 'text', a.text, 'value', a.value,
          'next_qid', a.next_qid, 'exclusive', a.exclusive, 'meta', a.meta, 'comments', a.comments,
          'variable_modifications', a.variable_modifications, 'translations', a.translations) order by a.position) as answers
          from answer a where a.question_id = q.id) a on true
        left join lateral (select jsonb_agg(jsonb_build_object('id', t.id, 'type', t.type, 'title', t.title,
          'description', t.description, 'src', t.src, 'thumbnail', t.thumbnail, 'options', t.options,
          'object_id', t.object_id, 'content_type', t.content_type, 'translations', t.translations) order by t.id) as attachments
          from attachment_template t where t.question_id = q.id) t on true
        where q.schema_id = s.id), '[]') as questions
    from schema s where s.id = $1`,
};

/** A schema with everything in it; null where there is none. */
export async function loadSchema(db: Queryable, id: number): Promise<(Schema & { revision: number }) | null> {
  const [row] = await db.query<Schema & { revision: number }>(LOAD, [id]);
  return row ?? null;
}

const QUESTION_SCHEMA: Statement = {
  name: "question_schema",
  text: "select schema_id from question where id = $1",
};

/** The schema of a question; null where there is no such question. */
export async function schemaOfQuestion(db: Queryable, questionId: number): Promise<number | null> {
  const [row] = await db.query<{ schema_id: number }>(QUESTION_SCHEMA, [questionId]);
  return row?.schema_id ?? null;
}

const EXISTING_QUESTIONS: Statement = {
  name: "questions_existing",
  text: "select id from question where id = any($1)",
};

/** Those of the ids that are questions of some schema. */
export async function existingQuestions(db: Queryable, ids: readonly number[]): Promise<Set<number>> {
  return new Set((await db.query<{ id: number }>(EXISTING_QUESTIONS, [ids])).map((row) => row.id));
}

const EXISTING_ANSWERS: Statement = {
  name: "answers_existing",
  text: "select id from answer where id = any($1)",
};

/** Those of the ids that are answers of some schema. */
export async function existingAnswers(db: Queryable, ids: readonly number[]): Promise<number[]> {
  return (await db.query<{ id: number }>(EXISTING_ANSWERS, [ids])).map((row) => row.id);
}

const NEXT_VERSION: Statement = {
  name: "schema_next_version",
  text: "select coalesce(max(version), 0) + 1 as version from schema where name = $1",
};

export async function nextVersion(db: Queryable, name: string): Promise<number> {
  const [row] = await db.query<{ version: number }>(NEXT_VERSION, [name]);
  return row!.version;
}

const NEWEST: Statement = {
  name: "schema_newest",
  text: `select ${SUMMARY}, language, revision from schema where name = $1 order by version desc limit 1`,
};

/** The newest version of a name. */
export async function newestVersion(db: Queryable, name: string): Promise<SchemaRow | null> {
  const [row] = await db.query<SchemaRow>(NEWEST, [name]);
  return row ?? null;
}

const VERSION: Statement = {
  name: "schema_version",
  text: `select ${SUMMARY}, language, revision from schema where name = $1 and version = $2`,
};

export async function findVersion(db: Queryable, name: string, version: number): Promise<SchemaRow | null> {
  const [row] = await db.query<SchemaRow>(VERSION, [name, version]);
  return row ?? null;
}

const INSERT: Statement = {
  name: "schema_insert",
  text: "insert into schema (name, type, version, language) values ($1, $2, $3, $4) returning id",
};

const LOCK: Statement = {
  name: "schema_lock",
  text: `select ${SUMMARY}, language, revision from schema where id = $1 for update`,
};

/** The row, nobody else's until the transaction ends. */
export async function lockSchema(tx: Queryable, id: number): Promise<SchemaRow | null> {
  const [row] = await tx.query<SchemaRow>(LOCK, [id]);
  return row ?? null;
}

const LOCK_QUESTIONS: Statement = {
  name: "schema_lock_questions",
  text: "select id from question where schema_id = $1 for update nowait",
};

/**
 * Locks a schema's questions before they are dropped, or fails at once. An answer that is being written locks those
 * that it refers to, in an order of its own: whoever waited for it here would wait in a circle.
 */
export async function lockQuestions(tx: Queryable, id: number): Promise<void> {
  await tx.query(LOCK_QUESTIONS, [id]);
}

const UPDATE: Statement = {
  name: "schema_update",
  text: `update schema set name = $2, type = $3, version = $4, language = $5, revision = revision + 1, updated = now()
    where id = $1`,
};

const PUT_GROUPS: Statement = {
  name: "schema_put_groups",
  text: `with x as (select * from jsonb_to_recordset($2::jsonb) as x(name text, position integer, translations jsonb)),
    gone as (delete from schema_group g where g.schema_id = $1 and g.name not in (select name from x))
    insert into schema_group (schema_id, name, position, translations)
    select $1, name, position, translations from x
    on conflict (schema_id, name) do update set position = excluded.position, translations = excluded.translations`,
};

const DROP_QUESTIONS: Statement = {
  name: "schema_drop_questions",
  text: "delete from question where schema_id = $1 and not qid = any($2::integer[])",
};

const PUT_QUESTIONS: Statement = {
  name: "schema_put_questions",
  text: `insert into question (schema_id, group_id, qid, position, type, text, required, next_qid, choice_open,
      range_from, range_to, show_as_type, meta, comments, variable_modifications, forking_rules, translations)
    select $1, g.id, x.qid, x.position, x.type, x.text, x.required, x.next_qid, x.choice_open, x.range_from, x.range_to,
      x.show_as_type, nullif(x.meta, 'null'), x.comments, x.variable_modifications, x.forking_rules, x.translations
    from jsonb_to_recordset($2::jsonb) as x("group" text, qid integer, position integer, type text, text text,
      required boolean, next_qid integer, choice_open boolean, range_from double precision, range_to double precision,
      show_as_type text, meta jsonb, comments text, variable_modifications jsonb, forking_rules jsonb, translations jsonb)
    left join schema_group g on g.schema_id = $1 and g.name = x."group"
    order by x.position
    on conflict (schema_id, qid) do update set group_id = excluded.group_id, position = excluded.position,
      type = excluded.type, text = excluded.text, required = excluded.required, next_qid = excluded.next_qid,
      choice_open = excluded.choice_open, range_from = excluded.range_from, range_to = excluded.range_to,
      show_as_type = excluded.show_as_type, meta = excluded.meta, comments = excluded.comments,
      variable_modifications = excluded.variable_modifications, forking_rules = excluded.forking_rules,
      translations = excluded.translations`,
};

const PUT_ANSWERS: Statement = {
  name: "schema_put_answers",
  text: `with x as (
      select q.id as question_id, x.* from jsonb_to_recordset($2::jsonb) as x(qid integer, position integer, text text,
        value jsonb, next_qid integer, exclusive boolean, meta jsonb, comments text, variable_modifications jsonb, translations jsonb)
      join question q on q.schema_id = $1 and q.qid = x.qid),
    gone as (delete from answer a using question q where q.schema_id = $1 and a.question_id = q.id
      and not exists (select from x where x.question_id = a.question_id and x.position = a.position))
    insert into answer (question_id, position, text, value, next_qid, exclusive, meta, comments, variable_modifications, translations)
    select question_id, position, text, value, next_qid, exclusive, nullif(meta, 'null'), comments, variable_modifications, translations
    from x order by question_id, position
    on conflict (question_id, position) do update set text = excluded.text, value = excluded.value,
      next_qid = excluded.next_qid, exclusive = excluded.exclusive, meta = excluded.meta, comments = excluded.comments,
      variable_modifications = excluded.variable_modifications, translations = excluded.translations`,
};

const DROP_ATTACHMENTS: Statement = {
  name: "schema_drop_attachments",
  text: "delete from attachment_template t using question q where q.schema_id = $1 and t.question_id = q.id",
};

const PUT_ATTACHMENTS: Statement = {
  name: "schema_put_attachments",
  text: `insert into attachment_template (question_id, type, title, description, src, thumbnail, options, object_id,
      content_type, translations)
    select q.id, x.type, x.title, x.description, x.src, nullif(x.thumbnail, 'null'), nullif(x.options, 'null'),
      x.object_id, nullif(x.content_type, 'null'), x.translations
    from jsonb_to_recordset($2::jsonb) as x(qid integer, n integer, type text, title text, description text, src text,
      thumbnail jsonb, options jsonb, object_id bigint, content_type jsonb, translations jsonb)
    join question q on q.schema_id = $1 and q.qid = x.qid order by q.position, x.n`,
};

/** Stores a new schema; its ids are the database's. */
export async function insertSchema(tx: Queryable, schema: Schema): Promise<number> {
  const { name, type, version, language } = schema;
  const [row] = await tx.query<{ id: number }>(INSERT, [name, type, version, language]);
  await putContent(tx, row!.id, schema);
  return row!.id;
}

/** Replaces a schema's content. Questions keep their ids by qid, answers by position. */
export async function replaceSchema(tx: Queryable, id: number, schema: Schema): Promise<void> {
  await lockQuestions(tx, id);
  await tx.query(UPDATE, [id, schema.name, schema.type, schema.version, schema.language]);
  await tx.query(DROP_QUESTIONS, [id, schema.questions.map((question) => question.qid)]);
  await putContent(tx, id, schema);
}

async function putContent(tx: Queryable, id: number, schema: Schema): Promise<void> {
  const groups = new Map(schema.groups.map((group) => [group.id, group.name]));
  const questions = schema.questions.map((question) => ({
    ...question,
    group: question.group === null ? null : groups.get(question.group),
  }));
  await tx.query(PUT_GROUPS, [id, JSON.stringify(schema.groups)]);
  await tx.query(PUT_QUESTIONS, [id, JSON.stringify(questions)]);
  await tx.query(PUT_ANSWERS, [id, JSON.stringify(schema.questions.flatMap(answersOf))]);
  await tx.query(DROP_ATTACHMENTS, [id]);
  await tx.query(PUT_ATTACHMENTS, [id, JSON.stringify(schema.questions.flatMap(attachmentsOf))]);
}

function answersOf({ qid, answers }: Question) {
  return answers.map((answer) => ({ ...answer, qid }));
}

function attachmentsOf({ qid, attachments }: Question) {
  return attachments.map((attachment, n) => ({ ...attachment, qid, n }));
}

const PUBLISH: Statement = {
  name: "schema_publish",
  text: `with this as (update schema set published = true, deprecated = false, revision = revision + 1, updated = now()
      where id = $1 returning id, name, version)
    update schema s set deprecated = true, updated = now() from this
    where s.name = this.name and s.version < this.version and s.published and not s.deprecated`,
};

/** Marks a version as published and deprecates the earlier published ones of its name. */
export async function publishSchema(tx: Queryable, id: number): Promise<void> {
  await tx.query(PUBLISH, [id]);
}

const IN_USE: Statement = {
  name: "schema_in_use",
  text: `select exists (select from run where schema_id = $1) or exists (select from member where schema_id = $1)
    or exists (select from survey where schema_id = $1)
    or exists (select from message m join question q on q.id = m.related_question where q.schema_id = $1) as used`,
};

export async function isInUse(tx: Queryable, id: number): Promise<boolean> {
  const [row] = await tx.query<{ used: boolean }>(IN_USE, [id]);
  return row!.used;
}

const DELETE: Statement = { name: "schema_delete", text: "delete from schema where id = $1" };

export async function deleteSchema(tx: Queryable, id: number): Promise<void> {
  await lockQuestions(tx, id);
  await tx.query(DELETE, [id]);
}
