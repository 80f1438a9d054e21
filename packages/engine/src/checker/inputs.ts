import type { QuestionType } from "../document/document.ts";
import type { CompiledQuestion } from "../flow/compile.ts";
import type { AnswerInput } from "../questions/kind.ts";
import type { Answer } from "../schema.ts";

/** Options up to which a multichoice is tried in every combination and order. */
const MAX_COMBINED = 4;

/** An answer to each type that takes text: the pool does not depend on what is written. */
const SAMPLES: Partial<Record<QuestionType, string>> = {
  text: "x",
  date: "2000-01-01",
  time: "12:00",
  datetime: "2000-01-01T12:00",
  int: "1",
  float: "1",
};

/** The answers to try at a question. */
export interface Inputs {
  inputs: AnswerInput[];
  /** Whether every answer leads where one of these does. */
  all: boolean;
}

/**
 * Each option of a choice. Of a multichoice each alone, and those that are not exclusive together; where
 * they change a variable that `counts` and are few, in every combination and order.
 */
export function inputsFor({ question, options }: CompiledQuestion, counts: ReadonlySet<string>): Inputs {
  const { type, range_from, answers } = question;
  if (type === "range") return { inputs: [{ text: String(range_from ?? 0) }], all: true };
  if (type !== "choice" && type !== "multichoice")
    return { inputs: [{ text: SAMPLES[type] ?? null }], all: true };

  const alone = answers.map((answer) => [answer]);
  const together = type === "choice" ? [] : answers.filter((answer) => !answer.exclusive);
  if (together.length < 2) return { inputs: alone.map(toInput), all: true };

  const matter = together.some((answer) => options.get(answer.id)?.some(({ name }) => counts.has(name)));
  if (!matter) return { inputs: [...alone, together].map(toInput), all: true };
  if (together.length > MAX_COMBINED) return { inputs: [...alone, together].map(toInput), all: false };
  const exclusive = alone.filter(([answer]) => answer!.exclusive);
  return { inputs: [...exclusive, ...selections(together)].map(toInput), all: true };
}

/** Every way of choosing one or more, in every order. */
function selections(from: Answer[]): Answer[][] {
  return from.flatMap((answer) => {
    const rest = selections(from.filter((other) => other !== answer));
    return [[answer], ...rest.map((others) => [answer, ...others])];
  });
}

function toInput(chosen: Answer[]): AnswerInput {
  return { answers: chosen.map((answer) => answer.id) };
}
