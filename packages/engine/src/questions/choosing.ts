import type { Answer, Json, OptionValue, Question } from "../schema.ts";
import type { AnswerCode, AnswerErrors, DefinitionProblem, QuestionKind } from "./kind.ts";
import { isTooLong, verdict } from "./kind.ts";

/**
 * A kind whose answer is a choice among its options. `restrict` says what is wrong with choosing several;
 * `count` holds the ids of other questions too. `value` makes the canonical value of the chosen options' values
 * and what is written beside them.
 */
export function choosing(
  restrict: (chosen: Answer[], count: number) => AnswerCode[],
  value: (values: OptionValue[], own: string) => Json,
): QuestionKind {
  return {
    waits: true,
    shown: true,
    define: needsOptions,
    accept(question, { answers, text }, rules) {
      const ids = new Set(answers);
      const chosen = optionsOf(question, ids);
      const own = ownText(text);

      const problems: AnswerCode[] = [];
      if (ids.size === 0) problems.push("REQUIRED");
      if (chosen.length < ids.size) problems.push("WRONG_VALUE");
      problems.push(...restrict(chosen, ids.size));
      const isBesideText =
        own !== "" && !rules.exclusiveWithText && chosen.some(({ exclusive }) => exclusive);
      if (isBesideText && !problems.includes("EXCLUSIVE")) problems.push("EXCLUSIVE");

      const errors: AnswerErrors = problems.length > 0 ? { answers: problems } : {};
      if (own !== "" && !question.choice_open) errors.text = ["WRONG_STATE"];
      else if (isTooLong(own, rules.textLength)) errors.text = ["TOO_LONG"];
      return verdict({ answers: chosen, text: joined(chosen, own) }, errors);
    },
    value(question, { answers, text }) {
      const chosen = optionsOf(question, new Set(answers ?? []));
      return value(
        chosen.map((option) => option.value),
        ownText(text),
      );
    },
  };
}

/** The options of these ids, in the order of the ids. Both lists are walked once. */
function optionsOf(question: Question, ids: ReadonlySet<number>): Answer[] {
  const byId = new Map<number, Answer>();
  for (const option of question.answers) if (ids.has(option.id)) byId.set(option.id, option);
  return [...ids].flatMap((id) => byId.get(id) ?? []);
}

function ownText(text: string | null | undefined): string {
  return text?.trim() ? text : "";
}

/** The text stored for a choice: its options' texts, then what was written beside them. */
function joined(chosen: Answer[], own: string): string {
  return [...chosen.map((answer) => answer.text), ...(own === "" ? [] : [own])].join(", ");
}

function needsOptions(question: Question): DefinitionProblem[] {
  return question.answers.length === 0
    ? [{ field: "answers", message: `A ${question.type} needs at least one option in answers.` }]
    : [];
}
