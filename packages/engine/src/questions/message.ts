import type { QuestionKind } from "./kind.ts";

/** `message`: shown, then the flow goes on. */
export const message: QuestionKind = {
  waits: false,
  shown: true,
  define: () => [],
  accept: (_question, { answers, text }) =>
    answers?.length || text?.trim()
      ? {
          errors: {
            ...(answers?.length ? { answers: ["WRONG_STATE"] } : {}),
            ...(text?.trim() ? { text: ["WRONG_STATE"] } : {}),
          },
        }
      : { accepted: { answers: [], text: "" } },
  value: () => null,
};
