import type { QuestionKind } from "./kind.ts";
import { message } from "./message.ts";

/** `fork`: never shown; its rules choose what follows. */
export const fork: QuestionKind = {
  ...message,
  shown: false,
  define: (question) =>
    question.forking_rules.length === 0
      ? [{ field: "forking_rules", message: "A fork needs forking_rules." }]
      : [],
};
