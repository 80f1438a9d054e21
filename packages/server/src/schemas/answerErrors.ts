import type { AnswerErrors, QuestionType } from "@colloquy/engine";
import { type FieldErrors, texts } from "@colloquy/protocol";
import type { Queryable } from "../database/database.ts";
import type { AnswerSettings } from "./answerRules.ts";
import { existingAnswers } from "./queries.ts";

/** The texts for ids that are no answers at all; null where each is an answer of some schema. */
export async function unknownAnswers(db: Queryable, ids: readonly number[]): Promise<string[] | null> {
  const unknown = await unknownAnswersAmong(db, ids);
  return unknown.size === 0 ? null : ids.filter((id) => unknown.has(id)).map((id) => texts.pkNotFound(id));
}

/** Those of the ids that are no answers of any schema: one question to the database for all. */
export async function unknownAnswersAmong(db: Queryable, ids: readonly number[]): Promise<Set<number>> {
  const unknown = new Set(ids);
  if (ids.length > 0) for (const id of await existingAnswers(db, ids)) unknown.delete(id);
  return unknown;
}

const PARSED: readonly QuestionType[] = ["date", "time", "datetime", "int", "float", "range"];

/** The original said WRONG_VALUE where the text of a date, a time or a number was missing. */
export function missingText(
  { compat }: Pick<AnswerSettings, "compat">,
  type: QuestionType,
  errors: AnswerErrors,
): FieldErrors {
  if (compat !== "chat_api" || !PARSED.includes(type) || !errors.text?.includes("REQUIRED"))
    return { ...errors };
  return { ...errors, text: [texts.WRONG_VALUE] };
}
