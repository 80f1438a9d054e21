import type { LoggedEvent } from "../log/loggedEvent.ts";
import type { Metrics } from "./metrics.ts";

/**
 * Times events that are about to be pushed. What is not news to any of the sessions, because it was there before they
 * were, is only told again to who came back, and says nothing. Answers what to call when all have them.
 */
export function timePushes(
  metrics: Metrics,
  events: readonly Pick<LoggedEvent, "created" | "seq">[],
  followers: readonly { session: { opened: number }; position: number }[],
): () => void {
  const committed = events.flatMap(({ created, seq }) => {
    const at = Date.parse(created);
    return followers.some(({ session, position }) => session.opened <= at && position < seq!) ? at : [];
  });
  return () => {
    const now = Date.now();
    // The database's clock may be ahead of ours.
    for (const at of committed) metrics.pushDelay(Math.max(0, now - at) / 1_000);
  };
}
