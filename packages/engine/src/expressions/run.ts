import type { Budget } from "./budget.ts";
import { ExpressionError, type ExpressionErrorCode } from "./errors.ts";
import { MAX_SIZE, MAX_WORK } from "./limits.ts";
import { enter, type Internal, type Scope } from "./values.ts";

/** One evaluation: what it reads, where it is, and how much work it may still do. */
export class Run {
  readonly scope: Scope;
  /** Offset in the source of the operation being carried out. */
  at = 0;
  #work = MAX_WORK;
  #lists: Map<string, Internal> | null = null;

  readonly #budget: Budget | null;

  /** @param budget of more than this evaluation; it pays as well */
  constructor(scope: Scope, budget: Budget | null = null) {
    this.scope = scope;
    this.#budget = budget;
  }

  /** A variable, 0 where the scope has none. A list is the same object at each reading, as `is` can tell. */
  variable(name: string): Internal {
    if (!Object.hasOwn(this.scope, name)) return 0n;
    const value = this.scope[name]!;
    if (!Array.isArray(value)) return enter(value, this);
    this.#lists ??= new Map();
    const list = this.#lists.get(name) ?? enter(value, this);
    this.#lists.set(name, list);
    return list;
  }

  fail(code: ExpressionErrorCode, message: string): never {
    throw new ExpressionError(code, message, this.at);
  }

  /** Pays for `units` of work before they are done. */
  charge(units: number): void {
    this.#work -= units;
    if (this.#work < 0) this.fail("TOO_COMPLEX", "The expression takes too much work to evaluate.");
    this.#budget?.charge(units);
  }

  /** Pays for building a string or list of this size, which also may not exceed `MAX_SIZE`. */
  chargeSize(size: number): void {
    if (size > MAX_SIZE) this.fail("TOO_COMPLEX", `A string or list may not exceed a size of ${MAX_SIZE}.`);
    this.charge(size);
  }
}
