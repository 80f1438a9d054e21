import { Budget, type Value } from "../expressions/index.ts";
import { REPLAY_WORK } from "./budget.ts";
import { type Assignment, apply, type CompiledSchema } from "./compile.ts";
import { FlowError, type FlowFailure } from "./failure.ts";
import type { FlowEvent, Variables } from "./run.ts";

/** The history of a run, in order: ids of questions shown or passed, and of options chosen. */
export type HistoryEntry =
  | { shown: number }
  | { passed: number }
  | { answered: readonly number[]; question: number };

/** The result of a replay. */
export interface Replayed {
  variables: Variables;
  /** Set if the replay exceeded its budget: the pool is as far as it got. */
  failure: FlowFailure | null;
}

/**
 * Computes the pool of variables from a history alone, by default starting with an empty pool. An entry whose
 * modifications fail leaves the pool unchanged.
 */
export function replay(
  schema: CompiledSchema,
  history: Iterable<HistoryEntry>,
  from: Variables = {},
): Replayed {
  const budget = new Budget(REPLAY_WORK);
  const variables = { ...from };
  for (const entry of history) {
    const failure = follow(assignments(schema, entry), variables, budget);
    if (failure?.code === "BUDGET_EXCEEDED") return { variables, failure };
  }
  return { variables, failure: null };
}

/** The entry that an event leaves in the history, if any. */
export function historyOf(event: FlowEvent): HistoryEntry[] {
  if (event.type === "shown") return [{ shown: event.question.id }];
  if (event.type === "passed") return [{ passed: event.question.id }];
  if (event.type === "answered")
    return [{ answered: event.answers.map((chosen) => chosen.id), question: event.question.id }];
  return [];
}

function assignments(schema: CompiledSchema, entry: HistoryEntry): Assignment[] {
  if ("shown" in entry) return schema.byId.get(entry.shown)?.modify ?? [];
  if ("passed" in entry) return schema.byId.get(entry.passed)?.modify ?? [];
  const options = schema.byId.get(entry.question)?.options;
  return entry.answered.flatMap((id) => options?.get(id) ?? []);
}

/** Makes the assignments of an entry; answers why it made none. */
function follow(
  assigned: Assignment[],
  variables: Record<string, Value>,
  budget: Budget,
): FlowFailure | null {
  try {
    apply(assigned, variables, budget);
    return null;
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    return error.failure;
  }
}
