import type { Question as AskedQuestion, Schema } from "@colloquy/engine";
import {
  type Account,
  notFound,
  type Question,
  type Survey,
  type SurveyItem,
  type SurveySummary,
  type UserId,
} from "@colloquy/protocol";
import type { Compat } from "../http/compat.ts";
import type { Directory } from "../people/directory.ts";
import type { SchemaStore } from "../schemas/store.ts";
import { toQuestion } from "../schemas/wire.ts";
import type { Changed } from "./change.ts";
import type { ItemRow, SurveyRow } from "./queries.ts";
import { remembered } from "./remembered.ts";

/** A survey as its items carry it. */
export function toSummary({
  id,
  schema_id,
  user_id,
  automated_sender,
  state,
  created,
  updated,
}: SurveyRow): SurveySummary {
  return { id, schema: schema_id, user: user_id, automated_sender, state, created, updated };
}

/** Surveys with their people. */
export async function toSurveys(
  deps: { people: Pick<Directory, "show">; settings: Compat },
  rows: readonly SurveyRow[],
): Promise<Survey[]> {
  const people = rows.flatMap(({ user_id, automated_sender }) => [user_id, automated_sender ?? []].flat());
  const accounts = await deps.people.show(people);
  return rows.map((row) => ({
    ...toSummary(row),
    user_data: accounts.get(row.user_id)!,
    automated_sender_data: row.automated_sender === null ? null : accounts.get(row.automated_sender)!,
  }));
}

export async function toSurvey(
  deps: { people: Pick<Directory, "show">; settings: Compat },
  row: SurveyRow,
): Promise<Survey> {
  const [survey] = await toSurveys(deps, [row]);
  return survey!;
}

/** An item before it is stored has no id and no times. */
export type ShownItem = Omit<ItemRow, "id" | "created" | "updated"> & {
  id: number | null;
  created: string | null;
  updated: string | null;
};

/** The answer that a change stored, or would store. */
export function newItem({ survey, change, committed }: Changed): ShownItem {
  const put = change.puts[0]!;
  const stored = committed?.items[0];
  return {
    ...put,
    answers: [...put.answers],
    id: stored?.id ?? null,
    survey_id: survey.id,
    created: committed?.updated ?? null,
    updated: committed?.updated ?? null,
  };
}

/** An answer as a change left it. */
export function editedItem(item: ItemRow, { change, committed }: Changed): ShownItem {
  const put = change.puts[0]!;
  return { ...item, ...put, answers: [...put.answers], updated: committed!.updated };
}

/** What it takes to show surveys and their answers. */
export interface ShowItemDeps {
  people: Pick<Directory, "show">;
  schemas: Pick<SchemaStore, "get">;
  settings: Compat;
}

/** Answers of one survey. One to a question that its schema lacks was deleted since, with the question after it. */
export async function toItems(
  deps: ShowItemDeps,
  survey: SurveyRow,
  rows: readonly ShownItem[],
): Promise<SurveyItem[]> {
  const schema = await deps.schemas.get(survey.schema_id);
  // A schema is not deleted before its surveys are.
  if (schema === null) throw notFound();
  const accounts = await deps.people.show(rows.flatMap(({ sender_id }) => sender_id ?? []));
  const survey_data = toSummary(survey);
  return rows.flatMap((row) => {
    const compiled = schema.byId.get(row.question_id);
    if (compiled === undefined) return [];
    return toItem(deps, row, survey_data, schema.schema, compiled.question, accounts);
  });
}

function toItem(
  deps: { people: Pick<Directory, "show">; settings: Compat },
  row: ShownItem,
  survey_data: SurveySummary,
  schema: Schema,
  question: AskedQuestion,
  accounts: ReadonlyMap<UserId, Account>,
): SurveyItem {
  const related_question_data = toQuestion(deps, question, schema.id);
  return {
    id: row.id,
    survey: row.survey_id,
    survey_data,
    related_question: question.id,
    related_question_data,
    answers: row.answers,
    answers_data: row.answers.flatMap((id) => optionsOf(related_question_data).get(id) ?? []),
    text: isChoosing(question.type) ? row.written : row.text,
    meta: row.meta,
    type: "answer",
    position: question.position,
    active: row.active,
    sender: row.sender_id,
    sender_data: row.sender_id === null ? null : accounts.get(row.sender_id)!,
    has_attachments: false,
    attachments_data: [],
    created: row.created,
    updated: row.updated,
  };
}

/** What is stored of a choice begins with the wording of its options, which nobody can send back. */
function isChoosing(type: AskedQuestion["type"]): boolean {
  return type === "choice" || type === "multichoice";
}

const optionsOf = remembered(
  ({ answers }: Question) => new Map(answers.map((option) => [option.id, option] as const)),
);
