import type { Budget } from "./budget.ts";
import { Compiler } from "./compile.ts";
import { parse } from "./parse.ts";
import { plainComparison, plainInts } from "./plainInts.ts";
import { Run } from "./run.ts";
import { leave, type Scope, type Value } from "./values.ts";

/** A compiled expression; it keeps no state, so one serves any number of evaluations. */
export interface Expression {
  readonly source: string;
  /** The variables that it may read. */
  readonly names: ReadonlySet<string>;
  /**
   * The result for these variables; a name that the scope lacks reads as 0. Throws `ExpressionError`, and
   * `BudgetExceeded` where a budget is given that does not pay for it.
   */
  evaluate(scope: Scope, budget?: Budget): Value;
}

/**
 * Compiles a Python expression of the language in the specification's section 1.3: operators, comparisons,
 * conditions, numbers, strings, lists, tuples, subscripts, slices, and `int float str round abs min max len`.
 * Throws `ExpressionError` for anything else.
 */
export function compileExpression(source: string): Expression {
  const compiler = new Compiler(source);
  const tree = parse(source);
  const step = compiler.statement(tree);
  const { parts } = compiler;
  const plain = plainInts(tree, source);
  const comparison = plain === null ? plainComparison(tree, source) : null;
  return {
    source,
    names: compiler.names,
    evaluate(scope, budget) {
      budget?.charge(parts);
      const sum = plain?.(scope) ?? Number.NaN;
      if (!Number.isNaN(sum)) return sum + 0; // -0 + 0 is 0
      const compared = comparison?.(scope);
      if (compared !== undefined) return compared;
      const run = new Run(scope, budget ?? null);
      return leave(step(run), run);
    },
  };
}
