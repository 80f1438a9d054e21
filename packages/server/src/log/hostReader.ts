import type { Database } from "../database/database.ts";
import { EVENT_NAMES, type EventHandlers, type EventName, type HostEvent } from "./events.ts";
import { findReader, type LoggedEvent, positionToken } from "./log.ts";
import { openReader } from "./reader.ts";

/** Hands the log to the host's handlers: in order, after commit, at least once, across restarts. */
export interface HostReader {
  /** Something was committed. */
  wake(): void;
  /** Adds a handler; answers how to take it away again. */
  on<Name extends EventName>(name: Name, handler: NonNullable<EventHandlers[Name]>): () => void;
  close(): Promise<void>;
}

type Handler = (event: HostEvent) => void | Promise<void>;

/** The name of the host's place in the log. */
const NAME = "host";

export async function openHostReader(
  db: Database,
  handlers: EventHandlers,
  onFault: (error: unknown) => void,
): Promise<HostReader> {
  const byName = new Map<string, Set<Handler>>(EVENT_NAMES.map((name) => [name, new Set()]));
  for (const [name, handler] of Object.entries(handlers)) byName.get(name)?.add(handler as Handler);

  async function handle(row: LoggedEvent): Promise<void> {
    const event = {
      id: positionToken(row),
      type: row.type,
      data: row.data,
      created: row.created,
    } as HostEvent;
    for (const handler of byName.get(row.type) ?? []) {
      try {
        await handler(event);
      } catch (error) {
        throw new HandlerFault(error, event);
      }
    }
  }

  const reader = openReader(db, {
    name: NAME,
    // Before anything can happen that a handler must be called for.
    position: await findReader(db, NAME),
    wants: () => EVENT_NAMES.filter((name) => byName.get(name)!.size > 0),
    handle,
    onFault,
  });
  reader.wake();
  return {
    wake: reader.wake,
    on(name, handler) {
      const set = byName.get(name)!;
      set.add(handler as Handler);
      reader.wake();
      return () => set.delete(handler as Handler);
    },
    close: reader.close,
  };
}

/** A handler of the host threw: its event is handed over again. */
class HandlerFault extends Error {
  readonly event: HostEvent;

  constructor(cause: unknown, event: HostEvent) {
    super(`The handler of ${event.type} failed`, { cause });
    this.event = event;
  }
}
