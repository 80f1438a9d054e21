import { setImmediate } from "node:timers/promises";

/**
 * Answers under way, by member. Of two answers sent at once one wins; the other must not slip through as the
 * answer to the next question, which its sender had not seen when they sent it.
 */
export interface Rivals {
  /** Registers an answer as its request arrives, before anything is read. */
  enter(threadId: number, userId: number, request: object): Attempt;
  /** The request is answered, or its sender has gone. */
  leave(request: object): void;
}

export interface Attempt {
  /**
   * Lets those enter who have reached this process by now. The embedded database never waits, so that without this
   * a request could be answered before the one that came with it is even read.
   */
  others(): Promise<void>;
  /**
   * Whether an answer to this question that was under way together with this one has won. Null: to any. Waits for
   * those that are being written: what they wrote may be seen before they know it themselves.
   */
  isLate(questionId: number | null): Promise<boolean>;
  /** This one is being written. */
  writes(questionId: number): void;
  /** Whether what was being written, if anything was, is. */
  wrote(won: boolean): void;
}

interface Entry {
  outcome: Outcome;
  /** Of whoever was under way at the same time, also of those who have left. */
  rivals: Set<Outcome>;
}

interface Outcome {
  question: number | null;
  won: boolean | Promise<boolean>;
}

/** Turns of the event loop: until the one that reads a socket that is accepted in the next. */
const TURNS = 3;

export function openRivals(): Rivals {
  const underWay = new Map<string, Set<Entry>>();
  const leaving = new WeakMap<object, () => void>();

  function register(key: string, own: Entry, request: object): void {
    const entries = underWay.get(key) ?? new Set<Entry>();
    underWay.set(key, entries);
    for (const other of entries) {
      own.rivals.add(other.outcome);
      other.rivals.add(own.outcome);
    }
    entries.add(own);
    leaving.set(request, () => {
      entries.delete(own);
      if (entries.size === 0 && underWay.get(key) === entries) underWay.delete(key);
    });
  }

  return {
    leave(request) {
      leaving.get(request)?.();
      leaving.set(request, () => {});
    },
    enter(threadId, userId, request) {
      const outcome: Outcome = { question: null, won: false };
      const own: Entry = { outcome, rivals: new Set() };
      // Who has gone before they got here would never leave again.
      if (!leaving.has(request)) register(`${threadId}:${userId}`, own, request);
      let settle: ((won: boolean) => void) | null = null;
      return {
        async others() {
          for (let turn = 0; turn < TURNS; turn++) await setImmediate();
        },
        async isLate(questionId) {
          const same = [...own.rivals].filter(
            (rival) => questionId === null || rival.question === questionId,
          );
          return (await Promise.all(same.map((rival) => rival.won))).includes(true);
        },
        writes(questionId) {
          const { promise, resolve } = Promise.withResolvers<boolean>();
          settle = resolve;
          outcome.question = questionId;
          outcome.won = promise;
        },
        wrote(won) {
          if (settle === null) return;
          settle(won);
          settle = null;
          outcome.won = won;
        },
      };
    },
  };
}
