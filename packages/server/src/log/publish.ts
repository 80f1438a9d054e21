import type { Bus, Wake } from "../bus/bus.ts";
import type { LoggedEvent } from "./loggedEvent.ts";

/** What a commit, or what changed beside the log, is announced by. */
export interface Publication {
  /** Where something changed, in ids only: all that other nodes are told. */
  wake: Wake;
  /** What happened; nothing where another node, or the sweep of the log, says that something did. */
  happened: readonly Happened[];
  /** The events of a thread as they are in the log now, so that who follows it need not read them again. */
  written?: () => readonly Written[];
}

/** Something that happened: an event of the log, or what is counted beside it. */
export interface Happened {
  type: string;
  /** Left out: once. */
  times?: number;
}

/** An event of a thread on its way to who follows it. */
export type StreamEvent = Pick<LoggedEvent, "seq" | "user_id" | "type" | "data" | "created"> &
  Partial<Pick<LoggedEvent, "xid">>;

/** An event that this process wrote, and what its feature shows of it without reading it again. */
export interface Written<Shown = unknown> {
  event: StreamEvent;
  shown: Shown;
}

/**
 * The log as those know it who write it and those who read it. Who writes calls `publish`, once, after the commit, and
 * knows no reader; each reader subscribes. Subscribers are called at once, in the order in which they came, in one turn
 * of the event loop; one that throws stops none of the others. What other nodes publish, and what the sweep of the log
 * finds, comes to them as well: late, twice, out of order or not at all. The log in the database is the truth.
 */
export interface Log {
  publish(publication: Publication): void;
  subscribe(subscriber: (publication: Publication) => void): void;
  /** The sweep found what no node may have told of. */
  found(wakes: readonly Wake[]): void;
}

export function openLog(bus: Bus, onFault: (error: unknown) => void): Log {
  const subscribers: ((publication: Publication) => void)[] = [];

  function tell(publication: Publication): void {
    for (const subscriber of subscribers) {
      try {
        subscriber(publication);
      } catch (error) {
        onFault(error);
      }
    }
  }

  function hear(wake: Wake): void {
    tell({ wake, happened: [] });
  }
  bus.subscribe(hear);

  return {
    publish(publication) {
      tell(publication);
      bus.publish(publication.wake);
    },
    subscribe: (subscriber) => void subscribers.push(subscriber),
    found: (wakes) => wakes.forEach(hear),
  };
}
