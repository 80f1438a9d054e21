import type { Budget, Value } from "../expressions/index.ts";
import { budgetFor, pay } from "./budget.ts";
import { apply, type CompiledQuestion, type CompiledSchema, choose } from "./compile.ts";
import { FlowError } from "./failure.ts";
import { historyOf, replay } from "./replay.ts";
import type { FlowEvent, Mode, Run, Step, Variables } from "./run.ts";

/** A transition that takes more automatic steps than this is an endless loop. */
export const MAX_AUTOMATIC_STEPS = 1_000;

/** Starts a run at a question (by default the first), with an empty pool. */
export function start(
  schema: CompiledSchema,
  mode: Mode,
  qid: number | null = null,
  budget: Budget = budgetFor({}),
): Step {
  const at = qid ?? schema.first?.question.qid ?? null;
  return transition(schema, {}, (variables, events) =>
    enter(schema, mode, at, at, { variables, events, budget }),
  );
}

/** The results of a transition so far, and its remaining budget. */
export interface Way {
  variables: Record<string, Value>;
  events: FlowEvent[];
  budget: Budget;
}

/**
 * Runs a transition on a copy of the pool. A fault in the schema, or an exceeded budget, ends it as `failed`: what
 * was shown before stays, except in an endless loop, which would flood the thread. The pool is then computed from the
 * events that stay.
 */
export function transition(
  schema: CompiledSchema,
  pool: Variables,
  move: (variables: Record<string, Value>, events: FlowEvent[]) => number | null,
): Step {
  const variables: Record<string, Value> = { ...pool };
  const events: FlowEvent[] = [];
  try {
    return { run: { question: move(variables, events), variables }, events };
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    // What failed wrote nothing; but the steps of an endless loop, which did, are left out.
    const kept =
      error.failure.code === "ENDLESS_LOOP"
        ? replay(schema, events.flatMap(historyOf), pool).variables
        : variables;
    events.push({ type: "failed", failure: error.failure });
    return { run: { question: null, variables: kept }, events };
  }
}

/** Enters a question and continues until one waits; returns its qid, or null at the end. */
export function enter(
  schema: CompiledSchema,
  mode: Mode,
  qid: number | null,
  from: number | null,
  way: Way,
): Run["question"] {
  const { variables, events, budget } = way;
  const before = events.length;
  let source = from;
  let next = qid;
  for (let steps = 0; next !== null && next !== -1; steps++) {
    const current = find(schema, next, source);
    if (current.kind.waits) {
      if (mode === "scripted") show(current, way);
      return next;
    }
    if (steps === MAX_AUTOMATIC_STEPS) {
      events.length = before;
      const message = `Question ${next} comes after ${steps} steps without a question that waits.`;
      throw new FlowError({ code: "ENDLESS_LOOP", qid: next, message });
    }
    show(current, way);
    source = next;
    next =
      current.question.type === "fork" ? choose(current.rules, variables, budget) : current.question.next_qid;
  }
  events.push({ type: "finished" });
  return null;
}

/** Applies a question's modifications and records that it was shown or passed. */
export function show(
  { kind, modify, question, showing }: CompiledQuestion,
  { variables, events, budget }: Way,
  visible = kind.shown,
): void {
  if (visible) pay(budget, showing, question);
  apply(modify, variables, budget);
  events.push({ type: visible ? "shown" : "passed", question });
}

function find(schema: CompiledSchema, qid: number, source: number | null): CompiledQuestion {
  const found = schema.byQid.get(qid);
  if (found !== undefined) return found;
  throw new FlowError({ code: "UNKNOWN_QID", qid: source ?? qid, message: `There is no question ${qid}.` });
}
