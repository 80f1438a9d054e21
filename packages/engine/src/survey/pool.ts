import type { Budget, Value } from "../expressions/index.ts";
import type { Assignment } from "../flow/compile.ts";

/** Variables whose newest writes can be taken back. */
export class Pool {
  variables: Record<string, Value> = {};
  /** Per write: which variable, and what it held before; undefined where it was not there. */
  readonly #names: string[] = [];
  readonly #before: (Value | undefined)[] = [];

  /** How many writes were made: what `takeBack` returns to. */
  get length(): number {
    return this.#names.length;
  }

  /** Makes assignments in order, each seeing the earlier ones. Where one fails, none of them was made. */
  apply(assignments: readonly Assignment[], budget: Budget): void {
    if (assignments.length === 0) return;
    const before = this.length;
    try {
      for (const assignment of assignments) {
        this.#names.push(assignment.name);
        this.#before.push(this.variables[assignment.name]);
        assignment.assign(this.variables, budget);
      }
    } catch (error) {
      this.takeBack(before);
      throw error;
    }
  }

  /** Takes back all but the first so many writes. */
  takeBack(length: number): void {
    const gone = new Set<string>();
    while (this.#names.length > length) {
      const name = this.#names.pop()!;
      const before = this.#before.pop();
      if (before === undefined) gone.add(name);
      else this.variables[name] = before;
    }
    // Not by `delete`, after which V8 treats an object as a slow dictionary for good.
    if (gone.size > 0)
      this.variables = Object.fromEntries(Object.entries(this.variables).filter(([name]) => !gone.has(name)));
  }
}
