import type { Database } from "../database/database.ts";
import { EVENT_NAMES, type EventHandlers, type EventName, type HostEvent } from "./hostEvents.ts";
import type { LoggedEvent } from "./loggedEvent.ts";
import { horizon, isAfter, type Position, positionToken } from "./position.ts";
import { findReader } from "./queries.ts";
import { openReader } from "./reader.ts";

/**
 * Hands the log to the host's handlers: in order, after commit, at least once. Those of the settings go on where they
 * stopped before a restart; one that is added gets what is committed from then on.
 */
export interface HostReader {
  /** Something was committed. */
  wake(): void;
  /** Adds a handler. */
  on<Name extends EventName>(name: Name, handler: NonNullable<EventHandlers[Name]>): Subscription;
  close(): Promise<void>;
}

/** Takes a handler away again. */
export interface Subscription {
  (): void;
  /** Resolves when it is settled from where in the log the handler is called: for all that is committed from then on. */
  begun: Promise<void>;
}

interface Handler {
  handle: (event: HostEvent) => void | Promise<void>;
  /** It is called for what follows; null for all that the reader comes by. */
  from: Promise<Position> | null;
}

/** The name of the host's place in the log. */
const NAME = "host";

export async function openHostReader(
  db: Database,
  handlers: EventHandlers,
  onFault: (error: unknown) => void,
): Promise<HostReader> {
  const byName = new Map<string, Set<Handler>>(EVENT_NAMES.map((name) => [name, new Set()]));
  for (const [name, handle] of Object.entries(handlers))
    byName.get(name)?.add({ handle: handle as Handler["handle"], from: null });

  const wanted = () => EVENT_NAMES.filter((name) => byName.get(name)!.size > 0);

  async function handle(row: LoggedEvent): Promise<void> {
    const event = {
      id: positionToken(row),
      type: row.type,
      data: row.data,
      created: row.created,
    } as HostEvent;
    for (const { handle, from } of byName.get(row.type) ?? []) {
      if (from !== null && !isAfter(row, await from)) continue;
      try {
        await handle(event);
      } catch (error) {
        throw new HandlerFault(error, event);
      }
    }
  }

  // Before anything can happen that a handler must be called for.
  const position = await findReader(db, NAME);
  const reader = openReader(db, { name: NAME, position, wants: wanted, handle, onFault });
  reader.wake();

  /** Where the log is now; where that cannot be told, where the reader began, so that nothing is missed. */
  async function now(): Promise<Position> {
    return horizon(db).catch((error) => {
      onFault(error);
      return position;
    });
  }

  return {
    wake: reader.wake,
    on(name, handle) {
      const isFirst = wanted().length === 0;
      const from = now().then((here) => {
        if (isFirst) reader.skipTo(here);
        reader.wake();
        return here;
      });
      const set = byName.get(name)!;
      const handler = { handle: handle as Handler["handle"], from };
      set.add(handler);
      return Object.assign(() => void set.delete(handler), { begun: from.then(() => {}) });
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
