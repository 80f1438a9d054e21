/** From one rate that is tried to the next. */
const STEP = 1.25;

/**
 * Looks for the highest rate that holds: up in steps from a start (or down, where that is too much already), and
 * once between the last that held and the first that did not. It yields a rate to try and is told whether that
 * held. A rate is too high when it failed twice: something else may have come between.
 */
export function* highestRate(start: number): Generator<number, number, boolean> {
  let held = start;
  let failed: number | null = null;
  while (!(yield* holds(held))) {
    failed = held;
    held /= STEP;
  }
  while (failed === null) {
    const next = held * STEP;
    if (yield* holds(next)) held = next;
    else failed = next;
  }
  const between = Math.sqrt(held * failed);
  return (yield* holds(between)) ? between : held;
}

function* holds(rate: number): Generator<number, boolean, boolean> {
  return (yield rate) || (yield rate);
}
