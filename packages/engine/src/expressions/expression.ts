import type { Budget } from "./budget.ts";
import { Compiler } from "./compile.ts";
import { parse } from "./parse.ts";
import { plainComparison, plainInts } from "./plainInts.ts";
import { Run } from "./run.ts";
import { leave, type Scope, type Value } from "./values.ts";

/** A compiled expression. It has no state and can be evaluated any number of times. */
export interface Expression {
  readonly source: string;
  /** The names of the variables that it can read. */
  readonly names: ReadonlySet<string>;
  /**
   * The result for these variables; a name that is not in the scope reads as 0.
   *
   * @throws ExpressionError, and BudgetExceeded if there is a budget and it does not suffice
   */
  evaluate(scope: Scope, budget?: Budget): Value;
}

/**
 * Compiles a Python expression made of operators, comparisons, conditions, numbers, strings, lists, tuples,
 * subscripts, slices, and calls of `int float str round abs min max len`.
 *
 * @throws ExpressionError for anything else
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
