import {
  type AnswerInput,
  type AnswerRules,
  canonicalValue,
  type Json,
  type Question,
} from "@colloquy/engine";

/** Types whose canonical value is read from the answer as it stands: from the options chosen, or the text. */
const APPARENT: readonly string[] = ["choice", "multichoice", "text"];

/**
 * What is stored beside an answer's text: its canonical value, decided as it is stored, since the notations that
 * are understood are a setting. Null where the answer itself says it.
 */
export function storedValue(question: Question, input: AnswerInput, rules: AnswerRules): Json {
  return APPARENT.includes(question.type) ? null : canonicalValue(question, input, rules);
}
