import type { LoggedEvent } from "../log/log.ts";
import type { Follower } from "../threads/push/delivery.ts";
import type { Metrics } from "../metrics/metrics.ts";

/**
 * Times events that are about to be pushed. What is not news to any of the sessions, because it was there before they
 * were, is only told again to who came back, and says nothing. Answers what to call when all have them.
 */
export function timePushes(
  metrics: Metrics,
  events: readonly Pick<LoggedEvent, "created" | "seq">[],
  watchers: readonly { follower: Follower }[],
): () => void {
  const committed = events.flatMap(({ created, seq }) => {
    const at = Date.parse(created);
    return watchers.some(({ follower: { session, told } }) => session.opened <= at && told < seq!) ? at : [];
  });
  return () => {
    const now = Date.now();
    // The database's clock may be ahead of ours.
    for (const at of committed) metrics.pushDelay(Math.max(0, now - at) / 1_000);
  };
}
