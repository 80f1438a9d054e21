import type { SchemaDocument } from "@colloquy/engine";

/** A short schema for examples; the demo contains it, unpublished. */
export const EXAMPLE_DOCUMENT: SchemaDocument = {
  format: "colloquy.schema/1",
  name: "sleep",
  type: "automated_flow",
  questions: [
    {
      qid: 1,
      type: "choice",
      text: "How did you sleep?",
      required: true,
      answers: [{ text: "Well" }, { text: "Badly", next_qid: 2 }],
      next_qid: -1,
    },
    { qid: 2, type: "text", text: "What kept you awake?", next_qid: -1 },
  ],
};
