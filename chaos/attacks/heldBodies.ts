import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Api, openApi } from "../people/api.ts";
import type { Attacker, Setting } from "../setting.ts";
import { type HeldRequest, holdRequest } from "./heldRequest.ts";

/** Milliseconds in which somebody is in, and out, and that a body is held back at most. */
const IN = 1_500;
const OUT = 1_000;
const HELD = 4_000;
const AT_ONCE = 12;

/** Somebody who holds back the bodies of messages, and goes on when they may have no right any more. */
export interface Holding {
  /** How many bodies were held back. */
  stop(): Promise<number>;
}

export function startHolding({ attackers }: Setting, addresses: readonly string[]): Holding {
  const { owner, holder, heldThread: thread } = attackers;
  const api = openApi(addresses, owner.token);
  const stopped = new AbortController();
  const { signal } = stopped;
  const pause = (time: number) => sleep(time, null, { signal }).catch(() => null);
  let bodies = 0;

  async function hold(): Promise<void> {
    while (!signal.aborted) {
      const address = addresses[Math.floor(Math.random() * addresses.length)]!;
      const held = holdMessage(address, holder, thread);
      bodies++;
      await pause(Math.random() * HELD);
      if (Math.random() < 0.8) held.finish();
      else held.abort();
      await Promise.race([held.answered, pause(HELD)]);
      held.abort();
    }
  }

  const lanes = Array.from({ length: AT_ONCE }, hold);
  const coming = comeAndGo(api, thread, holder.id, pause, signal);
  return {
    async stop() {
      stopped.abort();
      await Promise.all([...lanes, coming]);
      return bodies;
    },
  };
}

async function comeAndGo(
  api: Api,
  thread: number,
  user: number,
  pause: (time: number) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await pause(IN);
    await api.ask("DELETE", `/threads/${thread}/users/${user}`);
    await pause(OUT);
    await api.ask("POST", `/threads/${thread}/users`, { user });
  }
}

function holdMessage(address: string, { token }: Attacker, thread: number): HeldRequest {
  const body = { text: `Held back ${randomUUID()}` };
  return holdRequest(address, token, { method: "POST", path: `/threads/${thread}/messages`, body });
}

/** Milliseconds until a connection must be let go of whose body does not go on. */
const RELEASED = 90_000;

/** Half of each of these bodies never comes. Answers of which requests nobody has let go after a long time. */
export async function neverFinish(
  { attackers }: Setting,
  addresses: readonly string[],
  count: number,
): Promise<string[]> {
  const { owner, ownThread } = attackers;
  const began = performance.now();
  const open = Array.from({ length: count }, (_, index) => {
    const address = addresses[index % addresses.length]!;
    return { address, held: holdMessage(address, owner, ownThread) };
  });
  const isDone = () => open.every(({ held }) => held.isReleased());
  while (!isDone() && performance.now() - began < RELEASED) await sleep(200);
  const left = open.filter(({ held }) => !held.isReleased());
  for (const { held } of open) held.abort();
  return left.map(({ address }) => `half a body to ${address} was waited for all of ${RELEASED / 1_000} s`);
}
