import { Budget, BudgetExceeded, type Value } from "../expressions/index.ts";
import { FlowError, type FlowFailure } from "./failure.ts";

/**
 * Units of work allowed in one transition, and in one computation of a form. A form of a thousand questions with ten
 * expressions each, as long as `round((a + b * 2.5) / max(1, len(names)), 1)`, uses two thirds of them; the most
 * expensive ones take less than 100 ms of an otherwise idle processor.
 */
export const TRANSITION_WORK = 1_500_000;

/** Units of work allowed in one replay, which repeats many transitions. */
export const REPLAY_WORK = 2_000_000;

/** Characters of a shown text per unit: the text is copied into a message. */
const SHOWN_PER_UNIT = 16;

/** The budget of a transition on a pool, which itself costs a unit per character and item. */
export function budgetFor(pool: Readonly<Record<string, Value>>): Budget {
  let size = 0;
  for (const name in pool) size += sizeOf(pool[name]!);
  return new Budget(TRANSITION_WORK - size);
}

function sizeOf(value: Value): number {
  if (typeof value === "string") return value.length;
  return Array.isArray(value) ? value.reduce<number>((sum, item) => sum + sizeOf(item), 1) : 1;
}

/** The units that it costs to show a question. */
export function showingWork({ text, meta }: { text: string; meta: unknown }): number {
  const characters = text.length + (meta === null ? 0 : JSON.stringify(meta).length);
  return 1 + Math.ceil(characters / SHOWN_PER_UNIT);
}

/** Spends work at a place of the schema. @throws FlowError if the budget does not suffice */
export function pay(budget: Budget, units: number, place: Pick<FlowFailure, "qid">): void {
  try {
    budget.charge(units);
  } catch (error) {
    throw exceededAt(error, place);
  }
}

/** BudgetExceeded as a failure at a place of the schema; any other error unchanged. */
export function exceededAt(error: unknown, place: Pick<FlowFailure, "qid">): unknown {
  if (!(error instanceof BudgetExceeded)) return error;
  const message = `Question ${place.qid} exceeds the work allowed in one transition.`;
  return new FlowError({ code: "BUDGET_EXCEEDED", ...place, message });
}
