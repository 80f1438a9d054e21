import { DEFAULT_ANSWER_RULES, type Json, type Schema, type SchemaDocument } from "@colloquy/engine";
import type { UserId } from "@colloquy/protocol";
import sql from "sql-template-tag";
import type { Database } from "../../../database/database.ts";
import { loadSchema } from "../../../schemas/queries.ts";
import { storedValue } from "../../storedValue.ts";

/** The answer to one question: options by their position from 0 on, or a text. */
export interface Given {
  chosen?: number[];
  /** Of an open choice what is written beside the options. */
  text?: string;
  inactive?: boolean;
}

export interface Response {
  user?: UserId;
  /** Null is a survey without a state. */
  completed?: boolean | null;
  variables?: Record<string, Json>;
  /** By qid; all of these are visible but for the inactive. */
  answers?: Record<number, Given>;
  created?: string;
}

/** Stores responses as they stand, whether or not anybody could have given them; answers the surveys' ids. */
export async function fill(db: Database, schema: Schema, responses: readonly Response[]): Promise<number[]> {
  const rows = responses.map(({ user = 7, completed = true, variables = {}, answers = {}, created }) => ({
    user_id: user,
    state:
      completed === null
        ? null
        : { visibility: qidsOf(answers).filter((qid) => !answers[qid]!.inactive), completed },
    variables,
    created: created ?? "2026-11-22T16:47:58.413419Z",
  }));
  const surveys = await db.query<{ id: number }>(sql`
    insert into survey (schema_id, user_id, state, variables, created, updated)
    select ${schema.id}, user_id, state, variables, created, created
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as x(user_id user_ref, state jsonb, variables jsonb, created timestamptz) returning id`);
  const ids = surveys.map(({ id }) => id);
  const items = responses.flatMap(({ answers = {} }, index) =>
    qidsOf(answers).map((qid) => itemOf(schema, ids[index]!, qid, answers[qid]!)),
  );
  await db.query(sql`
    insert into survey_item (survey_id, question_id, answers, text, written, value, active)
    select survey_id, question_id, answers, text, written, nullif(value, 'null'), active
    from jsonb_to_recordset(${JSON.stringify(items)}::jsonb)
      as x(survey_id bigint, question_id bigint, answers bigint[], text text, written text, value jsonb,
        active boolean)`);
  return ids;
}

function qidsOf(answers: Record<number, Given>): number[] {
  return Object.keys(answers).map(Number);
}

function itemOf(schema: Schema, survey_id: number, qid: number, { chosen = [], text = "", inactive }: Given) {
  const question = schema.questions.find((question) => question.qid === qid)!;
  const options = chosen.map((position) => question.answers[position]!);
  return {
    survey_id,
    question_id: question.id,
    answers: options.map(({ id }) => id),
    text: [...options.map((option) => option.text), ...(text === "" ? [] : [text])].join(", "),
    written: text,
    value: storedValue(question, { text }, DEFAULT_ANSWER_RULES),
    active: inactive !== true,
  };
}

/** A schema document as it is stored, with the ids of its rows. */
export async function stored(
  db: Database,
  load: (document: unknown) => Promise<{ id: number }>,
  document: SchemaDocument,
): Promise<Schema> {
  const { id } = await load(document);
  return (await loadSchema(db, id))!;
}

const ends = { next_qid: -1 };

/** A question of every type; version 2 drops one and changes a text, an option and a type. */
export const [FIRST, SECOND]: [SchemaDocument, SchemaDocument] = [
  {
    format: "colloquy.schema/1",
    name: "Żółć & Co",
    type: "survey",
    language: "en",
    groups: [{ name: "about_you", position: 1 }],
    questions: [
      { qid: 1, type: "message", text: "Welcome", next_qid: 2, variable_modifications: [["score", "0"]] },
      {
        qid: 2,
        type: "choice",
        text: "How are you?",
        required: true,
        group: "about_you",
        choice_open: true,
        answers: [
          { text: "Well", next_qid: 3, variable_modifications: [["score", "score + 1"]] },
          { text: "=1+1", next_qid: 3 },
        ],
      },
      {
        qid: 3,
        type: "multichoice",
        text: "What hurts?",
        required: false,
        choice_open: true,
        answers: [
          { text: "Head", next_qid: 4 },
          { text: "Back", next_qid: 4 },
          { text: "Back", next_qid: 4 },
        ],
      },
      { qid: 4, type: "int", text: "Age?", next_qid: 5 },
      { qid: 5, type: "float", text: "Weight?", next_qid: 6 },
      { qid: 6, type: "range", text: "Pain?", range_from: 0, range_to: 10, next_qid: 7 },
      { qid: 7, type: "text", text: "Anything else?", next_qid: 8 },
      { qid: 8, type: "date", text: "Since when?", next_qid: 9 },
      { qid: 9, type: "control", text: "Go on", ...ends },
    ],
  },
  {
    format: "colloquy.schema/1",
    name: "Żółć & Co",
    type: "survey",
    language: "en",
    questions: [
      {
        qid: 2,
        type: "choice",
        text: "How are you today?",
        required: false,
        choice_open: true,
        answers: [
          { text: "Well", next_qid: 3 },
          { text: "So so", next_qid: 3 },
        ],
      },
      {
        qid: 3,
        type: "multichoice",
        text: "What hurts?",
        required: true,
        answers: [
          { text: "Head", next_qid: 10, variable_modifications: [["pains", "1"]] },
          { text: "Knee", next_qid: 10 },
        ],
      },
      { qid: 10, type: "datetime", text: "When did you get up?", next_qid: 4 },
      { qid: 4, type: "int", text: "Age?", next_qid: 6 },
      { qid: 6, type: "int", text: "Pain?", next_qid: 7 },
      { qid: 7, type: "text", text: "Anything else?", ...ends },
    ],
  },
];
