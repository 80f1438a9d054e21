import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "./child.ts";
import { now } from "./ledger.ts";
import type { PeopleQuestions } from "./people/main.ts";
import type { Fault, Route } from "./plan.ts";
import type { Condition } from "./weather.ts";
import type { World } from "./world.ts";

/** A fault as it came: when it began and when all was whole again, by the clock of the ledgers. */
export interface Happened {
  fault: Fault;
  from: number;
  to: number;
}

/** Messages that are posted while one reads nothing: more than the systems between keep for a connection. */
const FLOOD = 120;
const SECOND = 1_000;

/** Lets faults happen; `say` is told of each. Two that break the same thing come one after the other. */
export function openFaults(
  world: World,
  crowds: readonly Child<PeopleQuestions>[],
  crowdOf: (person: number) => Child<PeopleQuestions>,
  say: (line: string) => void,
): (fault: Fault) => Promise<Happened> {
  const turns = new Map<string, Promise<unknown>>();

  function inTurn<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    const turn = (turns.get(what) ?? Promise.resolve()).then(work);
    turns.set(what, turn);
    return turn;
  }

  async function happen(fault: Fault): Promise<void> {
    const time = fault.lasts * SECOND;
    switch (fault.kind) {
      case "node killed":
      case "node stopped": {
        const node = world.nodes[fault.node]!;
        const name = `node ${fault.node + 1}`;
        say(fault.kind === "node killed" ? `${name} killed` : `${name} asked to stop`);
        await (fault.kind === "node killed" ? node.kill() : node.stop());
        await sleep(time);
        await node.start();
        return say(`${name} serves again`);
      }
      case "redis killed":
        say("Redis killed");
        await world.redis!.kill();
        await sleep(time);
        // Meanwhile an outgoing connection may have got its port, for a moment.
        while (
          !(await world.redis!.start().then(
            () => true,
            () => false,
          ))
        )
          await sleep(100);
        return say("Redis is back, empty");
      case "postgres killed":
        say("PostgreSQL killed");
        await world.postgres.kill();
        await sleep(time);
        await world.postgres.start();
        return say("PostgreSQL is back");
      case "network reset":
      case "network silent":
      case "network slow": {
        const name = nameOf(fault.route);
        say(`network to ${name} ${WORDS[fault.kind]}`);
        await become(fault.route, fault.kind.slice("network ".length) as Condition);
        await sleep(time);
        await become(fault.route, "clear");
        return say(`network to ${name} is clear`);
      }
      case "slow reader": {
        const { reader, writer, thread } = world.setting.busy;
        say(`person ${reader} reads nothing, and person ${writer} writes much to them`);
        await crowdOf(reader).ask("stopReading", reader);
        await crowdOf(writer).ask("flood", writer, thread, FLOOD);
        await sleep(SECOND);
        await crowdOf(reader).ask("readOn", reader);
        // Until they have read why they were closed.
        await sleep(2 * SECOND);
        return say(`person ${reader} reads again`);
      }
      case "wrong clock":
        await crowds[fault.process]!.ask("setClock", fault.hours);
        return say(`the clock of client process ${fault.process + 1} is wrong by ${fault.hours} hours`);
    }
  }

  async function become(route: Route, condition: Condition): Promise<void> {
    const names = route === "every node" ? world.nodes.map((_node, index) => String(index)) : [String(route)];
    for (const name of names) await world.proxy.ask("become", name, condition);
  }

  return (fault) =>
    inTurn(whatBreaks(fault), async () => {
      const from = now();
      await happen(fault);
      return { fault, from, to: now() };
    });
}

const WORDS = {
  "network reset": "cut",
  "network silent": "silent",
  "network slow": "slow",
} as const;

function nameOf(route: Route): string {
  if (typeof route === "number") return `node ${route + 1}`;
  return { "every node": "every node", postgres: "PostgreSQL", redis: "Redis" }[route];
}

function whatBreaks(fault: Fault): string {
  // The routes to one node and to every node are the same ones.
  if (fault.kind.startsWith("network")) return "network";
  if ("node" in fault) return nameOf(fault.node);
  return fault.kind;
}
