import type { AnswerRules } from "@colloquy/engine";

/** The settings that answers are judged by. */
export interface AnswerSettings {
  limits: { textLength: number };
  answers: { dateFormats: readonly string[] };
  compat?: "chat_api" | undefined;
}

/** Options that one answer may choose: the longest list of ids that is looked at. */
export const MOST_ANSWERS = 1_000;

/** What the settings say of answers, in chats and in forms alike. */
export function answerRules({ limits, answers, compat }: AnswerSettings): AnswerRules {
  return {
    textLength: limits.textLength,
    dateFormats: answers.dateFormats,
    exclusiveWithText: compat === "chat_api",
  };
}
