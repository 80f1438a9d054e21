import type { Database } from "../database/database.ts";
import { EVENT_NAMES, type EventHandlers, type EventName, type HostEvent } from "./events.ts";
import {
  advanceReader,
  eventsAfter,
  findReader,
  type LoggedEvent,
  type Position,
  positionToken,
} from "./log.ts";

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
/** Milliseconds until a look at what is committed but not yet safe to read, and the longest pause after a fault. */
const SOON = 10;
const LONGEST_PAUSE = 30_000;

export async function openHostReader(
  db: Database,
  handlers: EventHandlers,
  onFault: (error: unknown, event: HostEvent | null) => void,
): Promise<HostReader> {
  const byName = new Map<EventName, Set<Handler>>(EVENT_NAMES.map((name) => [name, new Set()]));
  for (const [name, handler] of Object.entries(handlers))
    byName.get(name as EventName)?.add(handler as Handler);

  // Before anything can happen that a handler must hear of.
  let position: Position = await findReader(db, NAME);
  // Without handlers nobody reads, and nothing needs to be kept for them.
  let isNoted = false;
  let pause = 0;
  let again = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let reading: Promise<void> = Promise.resolve();
  let busy = false;

  const wanted = () => [...byName.values()].some((set) => set.size > 0);

  function wake(): void {
    if (closed || !wanted()) return;
    again = true;
    if (busy) return;
    busy = true;
    reading = read().finally(() => {
      busy = false;
    });
  }

  async function read(): Promise<void> {
    while (again && !closed) {
      again = false;
      try {
        await note();
        const events = await eventsAfter(db, position);
        const safe = events.filter((event) => event.safe);
        for (const event of safe) await hand(event);
        if (safe.length > 0) again = true;
        else if (events.length > 0) later(SOON);
        pause = 0;
      } catch (error) {
        if (closed) return;
        onFault(error, error instanceof HandlerFault ? error.event : null);
        pause = Math.min(LONGEST_PAUSE, Math.max(100, pause * 2));
        later(pause);
        return;
      }
    }
  }

  async function note(): Promise<void> {
    if (isNoted) return;
    await advanceReader(db, NAME, position);
    isNoted = true;
  }

  async function hand(row: LoggedEvent): Promise<void> {
    const set = byName.get(row.type as EventName);
    if (set !== undefined && set.size > 0) {
      const event = {
        id: positionToken(row),
        type: row.type,
        data: row.data,
        created: row.created,
      } as HostEvent;
      for (const handler of set) {
        try {
          await handler(event);
        } catch (error) {
          throw new HandlerFault(error, event);
        }
      }
    }
    position = { xid: row.xid, id: row.id };
    await advanceReader(db, NAME, position);
  }

  function later(milliseconds: number): void {
    clearTimeout(timer);
    timer = setTimeout(wake, milliseconds);
    timer.unref();
  }

  if (wanted()) await note();
  wake();
  return {
    wake,
    on(name, handler) {
      const set = byName.get(name)!;
      set.add(handler as Handler);
      wake();
      return () => set.delete(handler as Handler);
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await reading;
    },
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
