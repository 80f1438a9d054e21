import type { Answer, Question } from "../schema.ts";
import type { AnswerCode, AnswerErrors, DefinitionProblem, QuestionKind } from "./kind.ts";
import { isTooLong, verdict } from "./kind.ts";

/**
 * A kind whose answer is a choice among its options. `restrict` says what is wrong with choosing several;
 * `count` holds the ids of other questions too.
 */
export function choosing(restrict: (chosen: Answer[], count: number) => AnswerCode[]): QuestionKind {
  return {
    waits: true,
    shown: true,
    define: needsOptions,
    accept(question, { answers, text }, rules) {
      const ids = new Set(answers);
      const chosen = inOrder(ids, question.answers);
      const own = text?.trim() ? text : "";

      const problems: AnswerCode[] = [];
      if (ids.size === 0) problems.push("REQUIRED");
      if (chosen.length < ids.size) problems.push("WRONG_VALUE");
      problems.push(...restrict(chosen, ids.size));

      const errors: AnswerErrors = problems.length > 0 ? { answers: problems } : {};
      if (own !== "" && !question.choice_open) errors.text = ["WRONG_STATE"];
      else if (isTooLong(own, rules.textLength)) errors.text = ["TOO_LONG"];
      return verdict({ answers: chosen, text: joined(chosen, own) }, errors);
    },
  };
}

/** The options of these ids, in the order of the ids. Both lists are walked once. */
function inOrder(ids: ReadonlySet<number>, options: readonly Answer[]): Answer[] {
  const byId = new Map<number, Answer>();
  for (const option of options) if (ids.has(option.id)) byId.set(option.id, option);
  return [...ids].flatMap((id) => byId.get(id) ?? []);
}

/** The text stored for a choice: its options' texts, then what was written beside them. */
function joined(chosen: Answer[], own: string): string {
  return [...chosen.map((answer) => answer.text), ...(own === "" ? [] : [own])].join(", ");
}

function needsOptions(question: Question): DefinitionProblem[] {
  return question.answers.length === 0
    ? [{ field: "answers", message: "A choice needs at least one answer." }]
    : [];
}
