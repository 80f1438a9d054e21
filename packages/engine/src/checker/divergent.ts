import type { Question } from "../schema.ts";
import type { Finding, Inspect } from "./finding.ts";

/** `DIVERGENT`: a form shows more than a chat visits, because an answer leads to several questions at once. */
export const divergent: Inspect = ({ graph }) =>
  graph.questions.flatMap(({ question }): Finding[] =>
    reasons(question).map((message) => ({ code: "DIVERGENT", severity: "info", qid: question.qid, message })),
  );

function reasons(question: Question): string[] {
  const { type, next_qid, answers } = question;
  if (type !== "choice" && type !== "multichoice") return [];
  const together = type === "multichoice" ? answers.filter((answer) => !answer.exclusive) : [];
  const ways = new Set(together.map((answer) => answer.next_qid ?? -1));
  return [
    ...(ways.size > 1 ? ["Options that can be chosen together lead to different questions."] : []),
    ...(next_qid !== null && next_qid !== -1
      ? ["It has a next_qid of its own besides those of its options."]
      : []),
  ];
}
