import type { Json, Question } from "../schema.ts";
import { QUESTION_KINDS } from "./index.ts";
import type { AnswerInput, AnswerRules } from "./kind.ts";

/**
 * What an answer says, whatever its wording or notation: of a choice the option's `value` (what is written where
 * there is no option, a list of both where there are both), of a multichoice the list of its options' values in
 * the order submitted, of numbers the number, of dates and times ISO 8601, of a text the text. Null where it has
 * no content, or is none that the question would accept.
 */
export function canonicalValue(question: Question, input: AnswerInput, rules: AnswerRules): Json {
  return QUESTION_KINDS[question.type].value(question, input, rules);
}
