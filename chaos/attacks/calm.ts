import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "../child.ts";
import type { Attacks, Expulsion, Flood } from "../ledger.ts";
import type { World } from "../world.ts";
import { BURSTS } from "./flood.ts";
import type { AttackQuestions } from "./main.ts";
import { watch } from "./watch.ts";

/** Halves of bodies, and milliseconds that a node is looked at before a burst and after it. */
const BODIES = 12;
/** Who are taken out at once, and how often so. */
const EXPELLED = 4;
const ROUNDS = 5;
const BEFORE = 500;
const AFTER = 500;

/**
 * What is measured where nothing else fails: how long others wait for a node that is flooded, and whether those who
 * hold bodies back are let go. Some are taken out here, too. Each burst goes to another node, past the proxy.
 */
export async function attackInCalm(
  { nodes, setting }: World,
  attackers: Child<AttackQuestions>,
  say: (line: string) => void,
): Promise<Pick<Attacks, "floods" | "unreleased" | "expulsions">> {
  const { token } = setting.attackers.stranger;
  const direct = nodes.map(({ address }) => address);
  const unreleased = attackers.ask("neverFinish", setting, direct, BODIES);
  const expulsions: Expulsion[] = [];
  for (let round = 0; round < ROUNDS; round++)
    expulsions.push(...(await attackers.ask("expel", setting, direct, EXPELLED)));
  say(`${expulsions.length} were taken out while they acted`);
  const floods: Flood[] = [];
  for (const [index, burst] of BURSTS.entries()) {
    const node = nodes[index % nodes.length]!;
    const before = watch(node.address, token, node.pid());
    await sleep(BEFORE);
    const { longest: quiet } = await before.stop();
    const during = watch(node.address, token, node.pid());
    const code = await attackers.ask("flood", setting, node.address, burst);
    await sleep(AFTER);
    const { longest, grown } = await during.stop();
    const name = `${burst.kind} frames ${burst.isEarly ? "right after the 101" : "after hello"}, closed with ${code}`;
    floods.push({ name, quiet, longest, grown });
  }
  say(`${floods.length} floods are over`);
  return { floods, expulsions, unreleased: await unreleased };
}
