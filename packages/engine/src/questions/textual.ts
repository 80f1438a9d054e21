import type { Json, Question } from "../schema.ts";
import type { AnswerErrors, AnswerRules, DefinitionProblem, QuestionKind } from "./kind.ts";
import { isTooLong, verdict } from "./kind.ts";

/**
 * A kind whose answer is a text. `read` makes its canonical value of the text without the space around it, or
 * null where it is no answer; `written` is the text with it.
 */
export function textual(
  read: (text: string, question: Question, rules: AnswerRules, written: string) => Json,
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
      else if (read(given.trim(), question, rules, given) === null) errors.text = ["WRONG_VALUE"];
      return verdict({ answers: [], text: given }, errors);
    },
    value(question, { text }, rules) {
      const given = text ?? "";
      return given.trim() === "" ? null : read(given.trim(), question, rules, given);
    },
  };
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number that a text writes in decimal, or null; `nan`, `inf` and what overflows are none. */
export function parseDecimal(text: string): number | null {
  const value = DECIMAL.test(text) ? jsonNumber(text) : Number.NaN;
  return Number.isFinite(value) ? value : null;
}

/** JSON has no -0. */
export function jsonNumber(text: string): number {
  return Number(text) + 0;
}
