import { setTimeout as sleep } from "node:timers/promises";
import { answerTo } from "../child.ts";
import type { Attacks, Expulsion } from "../ledger.ts";
import type { Setting } from "../setting.ts";
import { expel } from "./expel.ts";
import { BURSTS, type Burst, flood } from "./flood.ts";
import { type Holding, neverFinish, startHolding } from "./heldBodies.ts";

/** What the process of attackers is asked. */
export interface AttackQuestions {
  /** Floods, holds bodies and is taken out of threads from now on, by whatever node is there. */
  begin(setting: Setting, addresses: readonly string[]): void;
  /** Ends what goes on while all else fails. */
  stop(): Promise<Pick<Attacks, "expulsions" | "bodies">>;
  /** Sends one burst to one node. Answers with which code the socket ended. */
  flood(setting: Setting, address: string, burst: Burst): Promise<number>;
  /** Takes so many out of threads at once while they act. */
  expel(setting: Setting, addresses: readonly string[], count: number): Promise<Expulsion[]>;
  /** Sends so many halves of bodies to nodes. Answers what came of those that nobody has let go. */
  neverFinish(setting: Setting, addresses: readonly string[], count: number): Promise<string[]>;
}

/** Milliseconds between two bursts, and between two who are taken out. */
const FLOOD_EVERY = 8_000;
const EXPEL_EVERY = 1_000;
const EXPEL_LANES = 3;

let isStopped = false;
let running: Promise<unknown> = Promise.resolve();
let holding: Holding | null = null;
const expulsions: Expulsion[] = [];

answerTo<AttackQuestions>({
  begin(setting, addresses) {
    holding = startHolding(setting, addresses);
    running = Promise.all([
      every(FLOOD_EVERY, (turn) => {
        const address = addresses[Math.floor(Math.random() * addresses.length)]!;
        return flood(
          address,
          setting.attackers.flooder.token,
          BURSTS[turn % BURSTS.length]!,
          groundOf(setting),
        );
      }),
      ...Array.from({ length: EXPEL_LANES }, () =>
        every(EXPEL_EVERY, async (turn) => {
          expulsions.push(...(await expelAll(setting, addresses, turn, 1)));
        }),
      ),
    ]);
  },
  async stop() {
    isStopped = true;
    const bodies = await holding!.stop();
    await running;
    return { expulsions, bodies };
  },
  flood: (setting, address, burst) =>
    flood(address, setting.attackers.flooder.token, burst, groundOf(setting)),
  expel: (setting, addresses, count) => expelAll(setting, addresses, 0, count),
  neverFinish,
});

/** Every other one is led through a schema. Answers those who were indeed taken out. */
async function expelAll(
  setting: Setting,
  addresses: readonly string[],
  from: number,
  count: number,
): Promise<Expulsion[]> {
  const turns = Array.from({ length: count }, (_, index) => from + index);
  const all = await Promise.all(turns.map((turn) => expel(setting, addresses, turn % 2 === 1)));
  return all.filter((one) => one !== null);
}

async function every(time: number, act: (turn: number) => Promise<unknown>): Promise<void> {
  for (let turn = 0; !isStopped; turn++) {
    await sleep(time * (0.5 + Math.random()));
    if (!isStopped) await act(turn);
  }
}

const groundOf = ({ attackers }: Setting) => ({ thread: attackers.ownThread, message: attackers.message });
