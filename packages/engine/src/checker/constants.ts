import { Budget } from "../expressions/index.ts";
import type { CompiledRule } from "../flow/compile.ts";
import { FlowError } from "../flow/failure.ts";

/** Units of work for all rules of a schema together; those beyond it may do anything. */
const MAX_WORK = 1_000_000;

/** What the rules of a schema do whatever the pool; each is evaluated once. */
export interface Constants {
  /** Whether a rule holds in every pool, in none, or in some perhaps. */
  verdictOf(rule: CompiledRule): "always" | "never" | "depends";
  /** The qid it leads to; null where that fails. */
  targetOf(rule: CompiledRule): number | null | "computed";
}

export function constantsOf(): Constants {
  const budget = new Budget(MAX_WORK);

  /** What an expression without variables yields; null where it fails. */
  function constantly<T>(evaluate: () => T): T | null | "too much" {
    try {
      return evaluate();
    } catch (error) {
      if (!(error instanceof FlowError)) throw error;
      return error.failure.code === "BUDGET_EXCEEDED" ? "too much" : null;
    }
  }

  return {
    verdictOf: once((rule) => {
      if (rule.conditionReads.size > 0) return "depends";
      const holds = constantly(() => rule.holds({}, budget));
      if (holds === null || holds === "too much") return "depends";
      return holds ? "always" : "never";
    }),
    targetOf: once((rule) => {
      if (rule.targetReads.size > 0) return "computed";
      const target = constantly(() => rule.target({}, budget));
      return target === "too much" ? "computed" : target;
    }),
  };
}

function once<Found>(find: (rule: CompiledRule) => Found): (rule: CompiledRule) => Found {
  const found = new Map<CompiledRule, Found>();
  return (rule) => {
    if (!found.has(rule)) found.set(rule, find(rule));
    return found.get(rule)!;
  };
}
