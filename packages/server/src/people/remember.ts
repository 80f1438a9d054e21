import { AsyncLocalStorage } from "node:async_hooks";
import type { UserId } from "@colloquy/protocol";
import { LRUCache } from "lru-cache";

/** What is looked up by id, remembered for some time. */
export interface Memory<Value> {
  /** Undefined where it is not remembered, or not any more. */
  get(id: UserId): Value | undefined;
  /** Looks up what is not remembered; what does not exist is left out. */
  find(ids: Iterable<UserId>): Promise<Map<UserId, Value>>;
  /** The time, in milliseconds of `performance.now()`, up to which all of them are remembered. */
  until(ids: Iterable<UserId>): number;
  forget(id: UserId): void;
}

const MOST_REMEMBERED = 10_000;
/** Of the time for which something is remembered: from then on it is looked up again, if somebody asks for anything. */
const AHEAD = 0.7;
/** Parts of that time from one such round to the next. */
const ROUNDS = 10;
/** As many times as long ago it was last asked for: then it is not looked up again. */
const UNUSED = 2;
/** Ids of one lookup ahead of time. */
const MOST_AT_ONCE = 500;

interface Entry<Value> {
  value: Value;
  /** When it was looked up. */
  at: number;
  used: number;
}

/**
 * Remembers what is looked up for some milliseconds. What is in use is looked up again before its time is over,
 * together with all the rest that soon will be: mostly nobody waits for it, and few questions do for many ids.
 */
export function remember<Value>(
  lookUp: (ids: readonly UserId[]) => Promise<ReadonlyMap<UserId, Value>>,
  milliseconds: number,
): Memory<Value> {
  const known = new LRUCache<UserId, Entry<Value>>({ max: MOST_REMEMBERED });
  // What is looked up ahead is no part of what whoever sets it off is in.
  const outside = AsyncLocalStorage.snapshot();
  let forgotten = 0;
  let nextRound = 0;

  function get(id: UserId): Value | undefined {
    const entry = known.get(id);
    const now = performance.now();
    if (entry === undefined || now - entry.at >= milliseconds) return undefined;
    entry.used = now;
    if (now >= nextRound) outside(lookUpAhead, now);
    return entry.value;
  }

  async function lookUpAhead(now: number): Promise<void> {
    nextRound = Number.POSITIVE_INFINITY;
    const due: UserId[] = [];
    for (const [id, { at, used }] of known.entries())
      if (now - at >= milliseconds * AHEAD && now - used < milliseconds * UNUSED) due.push(id);
    for (let first = 0; first < due.length; first += MOST_AT_ONCE)
      // Where this fails, whoever asks for them when their time is over meets the fault.
      await ask(due.slice(first, first + MOST_AT_ONCE), false).catch(() => {});
    nextRound = now + milliseconds / ROUNDS;
  }

  async function ask(ids: readonly UserId[], isUse: boolean): Promise<ReadonlyMap<UserId, Value>> {
    const [at, before] = [performance.now(), forgotten];
    const found = await lookUp(ids);
    // Whatever was forgotten meanwhile may have been looked up before it changed.
    if (milliseconds === 0 || forgotten !== before) return found;
    for (const id of ids) {
      const value = found.get(id);
      const used = isUse ? at : (known.peek(id)?.used ?? at);
      if (value === undefined) known.delete(id);
      else if (isUse || known.has(id)) known.set(id, { value, at, used });
    }
    return found;
  }

  return {
    get,
    async find(ids) {
      const values = new Map<UserId, Value>();
      const missing: UserId[] = [];
      for (const id of new Set(ids)) {
        const value = get(id);
        if (value === undefined) missing.push(id);
        else values.set(id, value);
      }
      if (missing.length > 0) for (const [id, value] of await ask(missing, true)) values.set(id, value);
      return values;
    },
    until(ids) {
      let first = Number.POSITIVE_INFINITY;
      for (const id of ids) first = Math.min(first, (known.peek(id)?.at ?? -milliseconds) + milliseconds);
      return first;
    },
    forget(id) {
      forgotten += 1;
      known.delete(id);
    },
  };
}
