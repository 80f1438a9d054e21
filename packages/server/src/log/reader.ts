import type { Database } from "../database/database.ts";
import type { LoggedEvent } from "./loggedEvent.ts";
import type { Position } from "./position.ts";
import { advanceReader, wantedAfter } from "./queries.ts";

/** Somebody who reads the log. */
export interface Reading {
  /** Under it their place in the log is written down; null for who has none that outlives the process. */
  name: string | null;
  /** Where to begin. */
  position: Position;
  /** The types of the events that are wanted; the others are passed over. With none, nothing is read or kept. */
  wants: readonly string[];
  /** Called for each of them, one at a time, in order. One for which it throws comes again, after a pause. */
  handle(event: LoggedEvent): void | Promise<void>;
  onFault(error: unknown): void;
}

/**
 * A reader of the log: it gets every event that it wants after its commit, in order, at least once; under a name also
 * over restarts. Then its place is written down after each batch, at least once a second while it works, and when it is
 * closed: what a process had handled since then when it died comes again.
 */
export interface Reader {
  /** Something was committed. */
  wake(): void;
  close(): Promise<void>;
}

/** Milliseconds until a look at what is committed but not yet safe to read, and the longest pause after a fault. */
const SOON = 10;
const LONGEST_PAUSE = 30_000;
/** Milliseconds after which a place that has moved is written down, though the batch is not done. */
const NOTED_EVERY = 1_000;

export function openReader(db: Database, { name, position: from, wants, handle, onFault }: Reading): Reader {
  let position = from;
  /** What is written down of it: null before anything is, so that nothing is kept for a reader who wants nothing. */
  let noted: Position | null = null;
  let notedAt = 0;
  let pause = 0;
  let again = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let reading: Promise<void> | null = null;

  function wake(): void {
    if (closed || wants.length === 0) return;
    again = true;
    reading ??= read().finally(() => {
      reading = null;
      // It may have been woken after its last look.
      if (again) wake();
    });
  }

  async function read(): Promise<void> {
    try {
      await note();
      while (again && !closed) {
        again = false;
        const { events, end, isMore, isUnsafe } = await wantedAfter(db, position, wants);
        for (const event of events) {
          // Whoever reads may have ended it while one was handled.
          if (closed) break;
          await handle(event);
          position = event;
          if (performance.now() - notedAt > NOTED_EVERY) await note();
        }
        if (closed) break;
        if (end !== null) position = end;
        await note();
        if (isMore) again = true;
        else if (isUnsafe) later(SOON);
        pause = 0;
      }
    } catch (error) {
      again = false;
      onFault(error);
      pause = Math.min(LONGEST_PAUSE, Math.max(100, pause * 2));
      later(pause);
    }
  }

  async function note(): Promise<void> {
    if (name === null || (noted?.xid === position.xid && noted.id === position.id)) return;
    const reached = position;
    await advanceReader(db, name, reached);
    noted = reached;
    notedAt = performance.now();
  }

  function later(milliseconds: number): void {
    clearTimeout(timer);
    timer = setTimeout(wake, milliseconds);
    timer.unref();
  }

  return {
    wake,
    async close() {
      closed = true;
      clearTimeout(timer);
      await reading;
      // What it had handled does not come again. Where the database is gone, it does.
      if (noted !== null) await note().catch(onFault);
    },
  };
}
