import type { AnswerRules } from "@colloquy/engine";
import type { Settings } from "../settings.ts";

/** Options that one answer may choose: the longest list of ids that is looked at. */
export const MOST_ANSWERS = 1_000;

/** What the settings say of answers, in chats and in forms alike. */
export function answerRules({ limits, answers, compat }: Settings): AnswerRules {
  return {
    textLength: limits.textLength,
    dateFormats: answers.dateFormats,
    exclusiveWithText: compat === "chat_api",
  };
}
