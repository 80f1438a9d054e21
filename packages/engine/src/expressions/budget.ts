/**
 * Work that may be done, in units: the parts of the expressions evaluated, and roughly the characters and items that
 * their operations walk over. What is counted is the same on every machine, so a schema that is too much fails
 * everywhere alike.
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

  /** Pays for `units` of work before they are done. @throws BudgetExceeded where that is more than is left */
  charge(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new BudgetExceeded();
  }

  /** Takes work back: only so much counts as spent from now on. */
  backTo(spent: number): void {
    this.#left = this.#most - spent;
  }
}

/** There is more to do than the budget allows. */
export class BudgetExceeded extends Error {
  constructor() {
    super("This takes more work than is allowed at once.");
  }
}
