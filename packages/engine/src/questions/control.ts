import type { QuestionKind } from "./kind.ts";

/** `control`: waits for a confirmation, any at all, and keeps nothing of it. */
export const control: QuestionKind = {
  waits: true,
  shown: true,
  define: () => [],
  accept: () => ({ accepted: { answers: [], text: "" } }),
  value: () => null,
};
