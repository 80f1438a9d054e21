import { Budget, BudgetExceeded, type Value } from "../expressions/index.ts";
import { FlowError, type FlowFailure } from "./failure.ts";

/**
 * Units of work of one transition, and of one walk of a form. A form of a thousand questions with ten expressions each,
 * as long as `round((a + b * 2.5) / max(1, len(names)), 1)`, needs two thirds of them; a processor that does nothing
 * else needs less than 100 ms for the costliest ones.
 */
export const TRANSITION_WORK = 1_500_000;

/** Units of work of one replay, which makes again what many transitions had made. */
export const REPLAY_WORK = 2_000_000;

/** Characters of shown texts for one unit: they are copied into a message each time. */
const SHOWN_PER_UNIT = 16;

/** The work of a transition on a pool: to carry that along costs a unit for each of its characters and items. */
export function budgetFor(pool: Readonly<Record<string, Value>>): Budget {
  let size = 0;
  for (const name in pool) size += sizeOf(pool[name]!);
  return new Budget(TRANSITION_WORK - size);
}

function sizeOf(value: Value): number {
  if (typeof value === "string") return value.length;
  return Array.isArray(value) ? value.reduce<number>((sum, item) => sum + sizeOf(item), 1) : 1;
}

/** Units that showing a question costs. */
export function showingWork({ text, meta }: { text: string; meta: unknown }): number {
  const characters = text.length + (meta === null ? 0 : JSON.stringify(meta).length);
  return 1 + Math.ceil(characters / SHOWN_PER_UNIT);
}

/** Pays for work at a place of the schema. @throws FlowError where the budget does not */
export function pay(budget: Budget, units: number, place: Pick<FlowFailure, "qid">): void {
  try {
    budget.charge(units);
  } catch (error) {
    throw exceededAt(error, place);
  }
}

/** What exceeded the budget as a failure at a place of the schema; any other error as it is. */
export function exceededAt(error: unknown, place: Pick<FlowFailure, "qid">): unknown {
  if (!(error instanceof BudgetExceeded)) return error;
  const message = `Question ${place.qid} exceeds the work allowed in one transition.`;
  return new FlowError({ code: "BUDGET_EXCEEDED", ...place, message });
}
