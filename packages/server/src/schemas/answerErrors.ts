import type { AnswerErrors, QuestionType } from "@colloquy/engine";
import { type FieldErrors, texts } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { existingAnswers } from "./queries.ts";
import type { Settings } from "../settings.ts";

/** The texts for ids that are no answers at all; null where each is an answer of some schema. */
export async function unknownAnswers(core: Core, ids: readonly number[]): Promise<string[] | null> {
  const unknown = await unknownAnswersAmong(core, ids);
  return unknown.size === 0 ? null : ids.filter((id) => unknown.has(id)).map((id) => texts.pkNotFound(id));
}

/** Those of the ids that are no answers of any schema: one question to the database for all. */
export async function unknownAnswersAmong(core: Core, ids: readonly number[]): Promise<Set<number>> {
  const unknown = new Set(ids);
  if (ids.length > 0) for (const id of await existingAnswers(core.db, ids)) unknown.delete(id);
  return unknown;
}

const PARSED: readonly QuestionType[] = ["date", "time", "datetime", "int", "float", "range"];

/** The original said WRONG_VALUE where the text of a date, a time or a number was missing. */
export function missingText(settings: Settings, type: QuestionType, errors: AnswerErrors): FieldErrors {
  if (settings.compat !== "chat_api" || !PARSED.includes(type) || !errors.text?.includes("REQUIRED"))
    return { ...errors };
  return { ...errors, text: [texts.WRONG_VALUE] };
}
