import type { Json, Question } from "../schema.ts";
import { QUESTION_KINDS } from "./index.ts";
import type { AnswerInput, AnswerRules } from "./kind.ts";

/**
 * The value of an answer, independent of wording and notation. For a choice it is the option's `value`, or a list of
 * that and the free text; for a multichoice, the list of its options' values in the order submitted; for numbers, the
 * number; for dates and times, ISO 8601; for text, the text. Null for an answer that has no content or is not valid.
 */
export function canonicalValue(question: Question, input: AnswerInput, rules: AnswerRules): Json {
  return QUESTION_KINDS[question.type].value(question, input, rules);
}
