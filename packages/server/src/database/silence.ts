import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import type { ClientBase } from "pg";

/** Milliseconds without an answer after which a statement makes us doubt the server, and between two looks. */
const SUSPICIOUS = 2_000;
const INTERVAL = 1_000;

export interface Unanswered {
  since: number;
  /** Ends what it waits on. */
  abandon(): void;
}

/**
 * Tells a slow statement from a server that answers nobody any more, as one that is stopped or behind a broken network
 * does: its connections stay open, and no limit of its own ends a statement. Whatever waits for too long makes us ask
 * `isAnswering`, and is abandoned where that says no.
 */
export function watchForSilence(unanswered: ReadonlySet<Unanswered>, isAnswering: () => Promise<boolean>) {
  let isLooking = false;

  async function look(): Promise<void> {
    const late = Date.now() - SUSPICIOUS;
    const suspects = [...unanswered].filter(({ since }) => since < late);
    if (suspects.length === 0 || (await isAnswering())) return;
    // Where it was this process that stood still, the answers have come meanwhile and are read in the next turn.
    await turn();
    for (const suspect of suspects) if (unanswered.has(suspect)) suspect.abandon();
  }

  const timer = setInterval(() => {
    if (isLooking || unanswered.size === 0) return;
    isLooking = true;
    void look().finally(() => {
      isLooking = false;
    });
  }, INTERVAL);
  timer.unref();
  return () => clearInterval(timer);
}

/** What a connection runs over. `pg` can end a connection only where the server takes part. */
export function streamOf(client: ClientBase): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}
