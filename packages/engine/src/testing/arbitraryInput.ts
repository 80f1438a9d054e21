import type { AnswerInput } from "../questions/kind.ts";
import type { Question } from "../schema.ts";

/**
 * What somebody sends to a question, decided by a number: mostly a valid answer, sometimes none, too many, an
 * option of elsewhere, or text that does not belong there.
 */
export function inputFor(question: Question, pick: number): AnswerInput {
  if (pick % 7 === 0) return WRONG[(pick / 7) % WRONG.length]!(question);
  return rightFor(question, pick);
}

/** A valid answer to a question that takes one. */
export function rightFor(question: Question, pick: number): AnswerInput {
  const { answers, range_from, range_to } = question;
  switch (question.type) {
    case "choice":
      return { answers: [answers[pick % answers.length]!.id] };
    case "multichoice":
      return { answers: several(question, pick) };
    case "date":
      return { text: `2026-0${1 + (pick % 9)}-17` };
    case "time":
      return { text: `1${pick % 10}:30` };
    case "datetime":
      return { text: `2026-11-24T1${pick % 10}:30:00Z` };
    case "int":
    case "float":
      return { text: String((pick % 40) - 20) };
    case "range":
      return { text: String(range_from! + ((range_to! - range_from!) * (pick % 5)) / 4) };
    case "text":
      return { text: `Answer ${pick}` };
    default:
      return {};
  }
}

/** An exclusive option alone, or some of the others in some order. */
function several({ answers }: Question, pick: number): number[] {
  const first = answers[pick % answers.length]!;
  if (first.exclusive) return [first.id];
  const others = answers.filter((answer, index) => !answer.exclusive && (pick >> index) % 2 === 1);
  return [...new Set([first, ...others])].map((answer) => answer.id);
}

const WRONG: ((question: Question) => AnswerInput)[] = [
  () => ({}),
  () => ({ answers: [-1] }),
  ({ answers }) => ({ answers: answers.map((answer) => answer.id) }),
  () => ({ text: "neither a date nor a number" }),
  ({ answers }) => ({ answers: answers.slice(0, 1).map((answer) => answer.id), text: "and more" }),
  () => ({ text: "x".repeat(10_001) }),
];
