import type { UserId } from "@colloquy/protocol";
/**
 * Requests in flight that may be answers, by thread: from the arrival of a request to the end of its response. Of two
 * answers that are in flight at the same time one wins. The other must not pass as the answer to the next question,
 * which its sender had not seen. This process knows only its own requests: an answer that names the message it answers
 * needs none of this, and is exact on any number of nodes.
 */
export interface InFlight {
  /** A request that may be an answer arrives; nothing but its thread is known yet. */
  arrive(threadId: number, request: object): void;
  /** Its response has ended, or its sender has gone. */
  leave(request: object): void;
  /** The answer in a request that has arrived; in one that has not, as if it were alone. */
  attempt(request: object, userId: UserId): Attempt;
}

/** One answer, and what it may know of the others. */
export interface Attempt {
  /**
   * Whether another answer of the same person was in flight at the same time and has won, to this question or, where it
   * is null, to any. Waits for answers that are being written: the database may show what they wrote before they are
   * told that they have won. Of a burst, whose first may be done when its last arrives, one wins: what is in flight at
   * the same time as an answer that is late is late, too.
   */
  isLate(questionId: number | null): Promise<boolean>;
  /** This answer is being written, to a question. */
  writes(questionId: number): void;
  /** Whether what was being written, if anything was, has been stored. */
  wrote(isStored: boolean): void;
}

/** An answer that is being written, or was. */
interface Written {
  user: UserId;
  question: number;
  isStored: boolean | Promise<boolean>;
}

interface Flight {
  threadId: number;
  /** Null until it is first written. */
  own: Written | null;
  /** What has won over it; null where nothing has. */
  winner: Written | null;
  /** Those of others that were in flight at the same time. */
  met: Written[];
}

export function openInFlight(): InFlight {
  const threads = new Map<number, Set<Flight>>();
  const flights = new WeakMap<object, Flight>();

  return {
    arrive(threadId, request) {
      const others = threads.get(threadId) ?? new Set();
      threads.set(threadId, others);
      const flight = { threadId, own: null, winner: null, met: [...others].flatMap(known) };
      others.add(flight);
      flights.set(request, flight);
    },
    leave(request) {
      const flight = flights.get(request);
      const others = flight && threads.get(flight.threadId);
      if (others?.delete(flight!) && others.size === 0) threads.delete(flight!.threadId);
    },
    attempt(request, user) {
      const flight = flights.get(request);
      return flight === undefined ? ALONE : attemptOf(flight, threads.get(flight.threadId)!, user);
    },
  };
}

/** What whoever arrives now meets of an answer. */
function known({ own, winner }: Flight): Written[] {
  return [own, winner].filter((written) => written !== null);
}

const ALONE: Attempt = { isLate: async () => false, writes: () => {}, wrote: () => {} };

function attemptOf(flight: Flight, inThread: ReadonlySet<Flight>, user: UserId): Attempt {
  let settle: ((isStored: boolean) => void) | null = null;
  return {
    async isLate(question) {
      const rivals = flight.met.filter(
        (other) => other.user === user && (question === null || other.question === question),
      );
      const stored = await Promise.all(rivals.map(({ isStored }) => isStored));
      const winner = rivals[stored.indexOf(true)];
      if (winner === undefined) return false;
      flight.winner = winner;
      for (const other of inThread) if (!other.met.includes(winner)) other.met.push(winner);
      return true;
    },
    writes(question) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      settle = resolve;
      if (flight.own !== null) return void Object.assign(flight.own, { question, isStored: promise });
      flight.own = { user, question, isStored: promise };
      for (const other of inThread) if (other !== flight) other.met.push(flight.own);
    },
    wrote(isStored) {
      if (settle === null) return;
      settle(isStored);
      flight.own!.isStored = isStored;
      settle = null;
    },
  };
}
