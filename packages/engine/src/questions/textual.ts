import type { Question } from "../schema.ts";
import type { AnswerErrors, AnswerRules, DefinitionProblem, QuestionKind } from "./kind.ts";
import { isTooLong, verdict } from "./kind.ts";

/** A kind whose answer is a text that `parses`. */
export function textual(
  parses: (text: string, question: Question, rules: AnswerRules) => boolean,
  define: (question: Question) => DefinitionProblem[] = () => [],
): QuestionKind {
  return {
    waits: true,
    shown: true,
    define,
    accept(question, { answers, text }, rules) {
      const errors: AnswerErrors = {};
      const given = text ?? "";
      if (answers && answers.length > 0) errors.answers = ["WRONG_STATE"];
      if (given.trim() === "") errors.text = ["REQUIRED"];
      else if (isTooLong(given, rules.textLength)) errors.text = ["TOO_LONG"];
      else if (!parses(given.trim(), question, rules)) errors.text = ["WRONG_VALUE"];
      return verdict({ answers: [], text: given }, errors);
    },
  };
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number that a text writes in decimal, or null; `nan`, `inf` and what overflows are none. */
export function parseDecimal(text: string): number | null {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : null;
}
