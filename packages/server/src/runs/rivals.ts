import { setImmediate } from "node:timers/promises";

/**
 * Answers under way, by thread. Of two answers sent at once one wins; the other must not slip through as the answer
 * to the next question, which its sender had not seen when they sent it.
 */
export interface Rivals {
  /** A request that may be an answer arrives. Nothing is known of it yet but the thread. */
  arrive(threadId: number, request: object): void;
  /** It is answered, or its sender has gone. */
  leave(request: object): void;
  /** What one that arrived tells of itself and learns of the others; of one that did not, as if it were alone. */
  attempt(request: object, userId: number): Attempt;
}

export interface Attempt {
  /**
   * Lets those arrive who have reached this process by now. The embedded database never waits, so that without this
   * a request could be answered before the one that came with it is even read.
   */
  others(): Promise<void>;
  /**
   * Whether another answer of the same person to this question, under way at the same time, has won. Null: to any.
   * Waits for those that are being written: what they wrote may be seen before they know it themselves.
   */
  isLate(questionId: number | null): Promise<boolean>;
  /** This one is being written. */
  writes(questionId: number): void;
  /** Whether what was being written, if anything was, is. */
  wrote(won: boolean): void;
}

/** Those under way in one thread, the oldest first, and the answers among them and those they met. */
interface Thread {
  underWay: Set<Visit>;
  answers: Answer[];
}

/** A stay from one tick to another. */
interface Visit {
  threadId: number;
  thread: Thread;
  arrived: number;
  left: number;
}

interface Answer {
  by: Visit;
  user: number;
  question: number;
  won: boolean | Promise<boolean>;
}

/** Turns of the event loop: until the one that reads a socket that is accepted in the next. */
const TURNS = 3;

export function openRivals(): Rivals {
  const threads = new Map<number, Thread>();
  const visits = new WeakMap<object, Visit>();
  let tick = 0;

  return {
    arrive(threadId, request) {
      const thread = threads.get(threadId) ?? { underWay: new Set(), answers: [] };
      const visit = { threadId, thread, arrived: ++tick, left: Number.POSITIVE_INFINITY };
      threads.set(threadId, thread);
      thread.underWay.add(visit);
      visits.set(request, visit);
    },
    leave(request) {
      const visit = visits.get(request);
      if (visit === undefined) return;
      const { thread, threadId } = visit;
      visit.left = ++tick;
      thread.underWay.delete(visit);
      const [oldest] = thread.underWay;
      if (oldest === undefined) threads.delete(threadId);
      // What nobody who is still here has met.
      else thread.answers = thread.answers.filter(({ by }) => by.left > oldest.arrived);
    },
    attempt(request, user) {
      const visit = visits.get(request);
      return visit === undefined ? ALONE : attemptOf(visit, user);
    },
  };
}

const ALONE: Attempt = {
  others: async () => {},
  isLate: async () => false,
  writes: () => {},
  wrote: () => {},
};

function attemptOf(visit: Visit, user: number): Attempt {
  const { thread } = visit;
  let written: { answer: Answer; settle: (won: boolean) => void } | null = null;
  return {
    async others() {
      for (let turn = 0; turn < TURNS; turn++) await setImmediate();
    },
    async isLate(question) {
      const met = thread.answers.filter(
        (answer) =>
          answer.by !== visit &&
          answer.by.left > visit.arrived &&
          answer.user === user &&
          (question === null || answer.question === question),
      );
      return (await Promise.all(met.map((answer) => answer.won))).includes(true);
    },
    writes(question) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const answer = { by: visit, user, question, won: promise };
      thread.answers.push(answer);
      written = { answer, settle: resolve };
    },
    wrote(won) {
      if (written === null) return;
      written.settle(won);
      written.answer.won = won;
      written = null;
    },
  };
}
