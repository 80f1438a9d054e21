import type { AnswerErrors, QuestionType } from "@colloquy/engine";
import { type FieldErrors, texts } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { existingAnswers } from "../schemas/queries.ts";
import type { Settings } from "../settings.ts";

/** The texts for ids that are no answers at all; null where each is an answer of some schema. */
export async function unknownAnswers(core: Core, ids: readonly number[]): Promise<string[] | null> {
  if (ids.length === 0) return null;
  const existing = new Set(await existingAnswers(core.db, ids));
  const unknown = ids.filter((id) => !existing.has(id));
  return unknown.length === 0 ? null : unknown.map((id) => texts.pkNotFound(id));
}

const PARSED: readonly QuestionType[] = ["date", "time", "datetime", "int", "float", "range"];

/** The original said WRONG_VALUE where the text of a date, a time or a number was missing. */
export function missingText(settings: Settings, type: QuestionType, errors: AnswerErrors): FieldErrors {
  if (settings.compat !== "chat_api" || !PARSED.includes(type) || !errors.text?.includes("REQUIRED"))
    return { ...errors };
  return { ...errors, text: [texts.WRONG_VALUE] };
}
