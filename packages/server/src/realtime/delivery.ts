import type { Metrics } from "../metrics/metrics.ts";
import type { Batch, Follower, Shown, StreamFeed } from "./feeds.ts";
import type { Frame } from "./frame.ts";
import { timePushes } from "./pushDelay.ts";
import type { Place } from "./session.ts";

/**
 * Pushes the events of a thread after a position in order to those who have not been told of them, each as its receiver
 * sees the thread now. Who is behind that position, having come meanwhile, is left to the next time: else they would
 * miss what lies between.
 */
export async function deliver(
  feed: StreamFeed,
  metrics: Metrics,
  threadId: number,
  followers: Iterable<Follower>,
  batch: Batch,
  after: number,
): Promise<void> {
  const last = batch.events.at(-1)!.seq!;
  const behind: Follower[] = [];
  for (const follower of followers)
    if (follower.position >= after && follower.position < last) behind.push(follower);
  const shown = behind.length === 0 ? null : await feed.show(threadId, behind, batch);
  if (shown !== null) push(metrics, threadId, shown);
  for (const follower of behind) tell(follower, last);
}

function push(metrics: Metrics, thread: number, { events, receivers, framesFor }: Shown): void {
  const pushed = timePushes(metrics, events, receivers);
  const places = events.map(({ seq }) => ({ thread, seq: seq! }));
  for (const follower of receivers) {
    const frames = framesFor(follower);
    const { session, position } = follower;
    for (let index = 0; index < places.length; index++) {
      const [frame, place] = [frames[index]!, places[index]!];
      if (frame !== null && place.seq > position) session.send(frame, place);
    }
    // At once: should the next one fail, this one is not told again.
    tell(follower, places.at(-1)!.seq);
  }
  pushed();
}

function tell(follower: Follower, position: number): void {
  if (follower.position < position) follower.position = position;
}

/** A frame for a session, and where in the log it comes from. */
export interface Pushed {
  frame: Frame;
  place: Place;
}

/** The same pushes for one follower alone, who is told of them by somebody else. */
export async function pushesFor(
  feed: StreamFeed,
  thread: number,
  follower: Follower,
  batch: Batch,
): Promise<Pushed[]> {
  const shown = await feed.show(thread, [follower], batch);
  if (shown === null) return [];
  return shown.framesFor(follower).flatMap((frame, index) => {
    return frame === null ? [] : [{ frame, place: { thread, seq: shown.events[index]!.seq! } }];
  });
}
