import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../database/database.ts";
import { EVENT_NAMES, type EventHandlers, type EventName, type HostEvent } from "./hostEvents.ts";
import type { LoggedEvent } from "./loggedEvent.ts";
import { findMoment, type Moment, positionToken } from "./position.ts";
import { findReader } from "./queries.ts";
import { openReader, type Reader } from "./reader.ts";

/**
 * Delivers events to the host's handlers: in order, after their commit, at least once. Handlers of the settings
 * continue where they stopped before a restart. A handler added later gets the events committed from then on, as long
 * as the process runs.
 */
export interface HostReader {
  /** Signals that something was committed. */
  wake(): void;
  /** Adds a handler. */
  on<Name extends EventName>(name: Name, handler: NonNullable<EventHandlers[Name]>): Subscription;
  close(): Promise<void>;
}

/** Removes a handler. */
export interface Subscription {
  (): void;
  /** Resolves when the handler's position in the log is fixed: it gets all events committed from then on. */
  begun: Promise<void>;
}

type Handler = (event: HostEvent) => void | Promise<void>;

/** The name of the host's position in the log. */
const NAME = "host";
/** Milliseconds before asking again for the end of the log, if that failed. */
const PAUSE = 1_000;

export async function openHostReader(
  db: Database,
  handlers: EventHandlers,
  onFault: (error: unknown) => void,
): Promise<HostReader> {
  const readers = new Set<Reader>();
  const closing = new AbortController();
  const byName = new Map(
    Object.entries(handlers).filter(([, handler]) => handler !== undefined) as [string, Handler][],
  );
  readers.add(
    openReader(db, {
      name: NAME,
      // Before anything can happen that a handler must be called for.
      position: await findReader(db, NAME),
      wants: EVENT_NAMES.filter((name) => byName.has(name)),
      handle: (row) => handle(byName.get(row.type)!, row),
      onFault,
    }),
  );
  wake();

  function wake(): void {
    for (const reader of readers) reader.wake();
  }

  /** The end of the log; null if the reader ends before it is known. */
  async function now(): Promise<Moment | null> {
    while (!closing.signal.aborted) {
      try {
        return await findMoment(db);
      } catch (error) {
        onFault(error);
        await sleep(PAUSE, undefined, { ref: false, signal: closing.signal }).catch(() => {});
      }
    }
    return null;
  }

  return {
    wake,
    on(name, handler) {
      let reader: Reader | null = null;
      let isStopped = false;
      const begun = now().then((moment) => {
        if (moment === null || isStopped) return;
        reader = openReader(db, {
          name: null,
          position: moment.position,
          wants: [name],
          handle: (row) => (moment.has(row.xid) ? undefined : handle(handler as Handler, row)),
          onFault,
        });
        readers.add(reader);
        reader.wake();
      });
      const stop = () => {
        isStopped = true;
        if (reader === null || !readers.delete(reader)) return;
        reader.close().catch(onFault);
      };
      return Object.assign(stop, { begun });
    },
    async close() {
      closing.abort();
      await Promise.all([...readers].map((reader) => reader.close()));
    },
  };
}

async function handle(handler: Handler, row: LoggedEvent): Promise<void> {
  const event = {
    id: positionToken(row),
    type: row.type,
    data: row.data,
    created: row.created,
  } as HostEvent;
  try {
    await handler(event);
  } catch (error) {
    throw new HandlerFault(error, event);
  }
}

/** A handler of the host threw: its event is delivered again. */
class HandlerFault extends Error {
  readonly event: HostEvent;

  constructor(cause: unknown, event: HostEvent) {
    super(`The handler of ${event.type} failed`, { cause });
    this.event = event;
  }
}
