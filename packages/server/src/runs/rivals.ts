/**
 * Answers under way, by member. Of two answers sent at once one wins; the other must not slip through as the
 * answer to the next question, which its sender had not seen when they sent it.
 */
export interface Rivals {
  /** Registers an answer as its request arrives, before anything is read. */
  enter(threadId: number, userId: number, request: object): Attempt;
  /** The request is answered. */
  leave(request: object): void;
}

export interface Attempt {
  /** Whether an answer to this question, already under way when this one arrived, has won. Null: to any. */
  isLate(questionId: number | null): boolean;
  won(questionId: number): void;
}

interface Entry {
  won: number | null;
}

export function openRivals(): Rivals {
  const underWay = new Map<string, Set<Entry>>();
  const leaving = new WeakMap<object, () => void>();
  return {
    leave: (request) => leaving.get(request)?.(),
    enter(threadId, userId, request) {
      const key = `${threadId}:${userId}`;
      const entries = underWay.get(key) ?? new Set<Entry>();
      underWay.set(key, entries);
      const earlier = [...entries];
      const own: Entry = { won: null };
      entries.add(own);
      leaving.set(request, () => {
        entries.delete(own);
        if (entries.size === 0 && underWay.get(key) === entries) underWay.delete(key);
      });
      return {
        isLate: (questionId) =>
          earlier.some(({ won }) => won !== null && (questionId === null || won === questionId)),
        won: (questionId) => {
          own.won = questionId;
        },
      };
    },
  };
}
