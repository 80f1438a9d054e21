import type { Worker } from "node:cluster";
import type { Readings } from "../metrics/readings.ts";

/** Milliseconds; a node that needs longer is left out. */
const PATIENCE = 1_000;

/** What the primary asks of a node, and what it answers. */
interface Question {
  readings: "please";
}
type Answer = { readings: Readings };

/** The metrics of the nodes that answer in time. */
export async function readingsOf(workers: Iterable<Worker>): Promise<Readings[]> {
  const asked = await Promise.all(Array.from(workers, ask));
  return asked.filter((readings) => readings !== null);
}

/** An answer to an earlier question will do: it is as of now, too. */
function ask(worker: Worker): Promise<Readings | null> {
  return new Promise((resolve) => {
    const settle = (readings: Readings | null) => {
      clearTimeout(timer);
      worker.off("message", hear);
      resolve(readings);
    };
    const hear = (said: object) => {
      if ("readings" in said) settle((said as Answer).readings);
    };
    const timer = setTimeout(settle, PATIENCE, null);
    worker.on("message", hear);
    if (worker.isConnected()) worker.send({ readings: "please" } satisfies Question, () => {});
    else settle(null);
  });
}

function answer(readings: Readings): void {
  // The primary may be gone, or this node about to be.
  if (process.connected) process.send?.({ readings } satisfies Answer, undefined, {}, () => {});
}

/** Answers the primary from now on. */
export function answerWithReadings(read: () => Promise<Readings>): void {
  process.on("message", (said: object) => {
    if ("readings" in said) read().then(answer, () => {});
  });
}
