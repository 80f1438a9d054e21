const Right = globalThis.Date;
let wrong = 0;

/** Sets the wall clock of this process wrong by so many hours. */
export function setClock(hours: number): void {
  wrong = hours * 3_600_000;
}

/** Where it is asked what time it is, the wrong clock says. */
globalThis.Date = class extends Right {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(Right.now() + wrong);
    else super(...(given as [string]));
  }

  static override now(): number {
    return Right.now() + wrong;
  }
} as unknown as DateConstructor;
