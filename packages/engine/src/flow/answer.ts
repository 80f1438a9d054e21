import type { Budget } from "../expressions/index.ts";
import {
  type AnswerErrors,
  type AnswerInput,
  type AnswerRules,
  DEFAULT_ANSWER_RULES,
} from "../questions/kind.ts";
import type { Answer } from "../schema.ts";
import { budgetFor } from "./budget.ts";
import { type Assignment, apply, type CompiledQuestion, type CompiledSchema, choose } from "./compile.ts";
import { enter, show, transition } from "./enter.ts";
import type { Mode, Run, Step } from "./run.ts";

/**
 * Answers a question of a run: validates the answer, applies the modifications of the chosen options in the order
 * submitted, and continues to the next question that waits. In `scripted`, the question must be the one at which the
 * run waits; in `controlled`, it can be any question of the schema, and is shown now.
 *
 * Without `moveOn`, the run stays at its question and shows nothing further; only if the end follows directly (-1 or
 * null), the run finishes.
 *
 * @returns the transition, or all errors of the answer, which then has no effect
 */
export function answer(
  schema: CompiledSchema,
  mode: Mode,
  run: Run,
  current: CompiledQuestion,
  input: AnswerInput,
  rules: AnswerRules = DEFAULT_ANSWER_RULES,
  { moveOn = true, budget = budgetFor(run.variables) }: { moveOn?: boolean; budget?: Budget } = {},
): Step | { errors: AnswerErrors } {
  const verdict = current.kind.accept(current.question, input, rules);
  if ("errors" in verdict) return verdict;
  const { question } = current;
  const { answers, text } = verdict.accepted;

  return transition(schema, run.variables, (variables, events) => {
    const way = { variables, events, budget };
    if (mode === "controlled") show(current, way, current.kind.shown && question.type !== "control");
    if (question.type === "control") events.push({ type: "confirmed", question });
    else if (current.kind.waits) {
      events.push({ type: "answered", question, answers, text }); // first: kept even if a modification fails
      apply(modificationsOf(current, answers), variables, budget);
    }
    const next =
      question.type === "fork" ? choose(current.rules, variables, budget) : (answers[0] ?? question).next_qid;
    if (!moveOn && next !== null && next !== -1) return run.question;
    return enter(schema, mode, next, question.qid, way);
  });
}

/** The modifications of the chosen options, in the order chosen; they are applied all or not at all. */
function modificationsOf({ options }: CompiledQuestion, [first, ...others]: readonly Answer[]): Assignment[] {
  const own = first === undefined ? [] : (options.get(first.id) ?? []);
  return others.length === 0 ? own : own.concat(...others.map(({ id }) => options.get(id) ?? []));
}
