/**
 * A limit of work, in units: the parts of the evaluated expressions, and roughly the characters and items that their
 * operations process. The count is the same on every machine, so a schema that exceeds it does so everywhere.
 */
export class Budget {
  readonly #most: number;
  #left: number;

  constructor(most: number) {
    this.#most = most;
    this.#left = most;
  }

  get spent(): number {
    return this.#most - this.#left;
  }

  /** Spends `units` before the work is done. @throws BudgetExceeded if fewer are left */
  charge(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new BudgetExceeded();
  }

  /** Refunds work: from now on, this much counts as spent. */
  backTo(spent: number): void {
    this.#left = this.#most - spent;
  }
}

/** The work exceeds the budget. */
export class BudgetExceeded extends Error {
  constructor() {
    super("This takes more work than is allowed at once.");
  }
}
