import type { AnswerRules } from "@colloquy/engine";
import type { Settings } from "../settings.ts";

/** What the settings say of answers, in chats and in forms alike. */
export function answerRules({ limits, answers }: Settings): AnswerRules {
  return { textLength: limits.textLength, dateFormats: answers.dateFormats };
}
