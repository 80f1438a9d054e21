import { setTimeout as sleep } from "node:timers/promises";
import { type Change, now } from "./ledger.ts";
import { type Api, openApi } from "./people/api.ts";
import type { Random } from "./random.ts";
import type { ChaosThread, Setting } from "./setting.ts";

/** Takes people out of their threads and adds them again, over and over. */
export interface Comings {
  changes: Change[];
  /** Answers that nobody should get who may do so. */
  refusals: string[];
  /** Leaves all as they are. */
  stop(): Promise<void>;
}

/** Seconds that somebody stays, and that they are away, on average. */
const STAYS = 8;
const IS_AWAY = 3;

export function startComings(setting: Setting, addresses: readonly string[], random: Random): Comings {
  const changes: Change[] = [];
  const refusals: string[] = [];
  const tokens = new Map(setting.people.map(({ id, token }) => [id, token]));
  const stopped = new AbortController();

  async function comeAndGo(thread: ChaosThread, person: number): Promise<void> {
    const api = openApi(addresses, tokens.get(thread.creator)!);
    for (let joins = false; ; joins = !joins) {
      const time = (joins ? IS_AWAY : STAYS) * 1_000 * random.between(0.5, 1.5);
      await sleep(time, null, { signal: stopped.signal }).catch(() => null);
      if (stopped.signal.aborted) return;
      const from = now();
      const refused = await (joins ? add : remove)(api, thread.id, person);
      changes.push({ thread: thread.id, person, joins, from, to: now() });
      if (refused !== null) refusals.push(refused);
    }
  }

  const running = setting.threads.flatMap((thread) =>
    thread.comers.map((person) => comeAndGo(thread, person)),
  );
  return {
    changes,
    refusals,
    async stop() {
      stopped.abort();
      await Promise.all(running);
    },
  };
}

/** Null, or what was answered amiss. An answer may have been lost, so that the second says: it is done. */
async function add(api: Api, thread: number, user: number): Promise<string | null> {
  const { status, attempts } = await api.ask("POST", `/threads/${thread}/users`, { user });
  const isDone = status === 201 || (attempts > 1 && status === 400);
  return isDone ? null : `thread ${thread}: adding person ${user} was answered ${status}`;
}

async function remove(api: Api, thread: number, user: number): Promise<string | null> {
  const { status, attempts } = await api.ask("DELETE", `/threads/${thread}/users/${user}`);
  const isDone = status === 204 || (attempts > 1 && status === 404);
  return isDone ? null : `thread ${thread}: removing person ${user} was answered ${status}`;
}
