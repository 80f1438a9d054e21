import { mkdir, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { attackInCalm } from "./attacks/calm.ts";
import type { AttackQuestions } from "./attacks/main.ts";
import { type Child, startChild } from "./child.ts";
import { type Happened, openFaults } from "./faults.ts";
import { now } from "./ledger.ts";
import { startComings } from "./membership.ts";
import type { PeopleQuestions } from "./people/main.ts";
import { type Fault, plan } from "./plan.ts";
import { seeded } from "./random.ts";
import { recoveries } from "./recovery.ts";
import { type Report, summed, timetableOf, toText, zerosOf } from "./report.ts";
import { findTruth } from "./truth.ts";
import { judge } from "./verdict.ts";
import { startWorld, type World } from "./world.ts";

const USAGE = `npm run chaos [-- --seconds N] [--seed N] [--nodes N] [--without-redis] [--json FILE] [--logs DIRECTORY]

Injects faults for a while (120 s) while people exchange messages over several nodes: clients disconnect every few
seconds, nodes are killed and paused, Redis and PostgreSQL are killed, networks are cut, blocked and slowed, one client
reads slowly, and clocks are wrong. Meanwhile others attack: they flood a socket, hold request bodies back, and act
while they are removed. Then checks every acknowledged message, and exits with 1 if one was lost, delivered twice or
out of order, or delivered to somebody who was not to see it. The same seed repeats the schedule of faults.`;

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "120" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
    nodes: { type: "string", default: "3" },
    "without-redis": { type: "boolean", default: false },
    json: { type: "string" },
    logs: { type: "string" },
    help: { type: "boolean" },
  },
});
const seconds = Number(options.seconds);
const seed = Number(options.seed);
const count = Number(options.nodes);
const isRunnable = seconds >= 10 && Number.isInteger(seed) && Number.isInteger(count) && count >= 1;
if (options.help || !isRunnable) {
  console.log(USAGE);
  process.exit(options.help ? 0 : 1);
}

const PROCESSES = 4;
/** Milliseconds in which nothing new must come until all is at rest, and until it is looked at anyway. */
const REST = 4_000;
const LONGEST_REST = 90_000;

// What runs in other processes ends when this one exits.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const random = seeded(seed);
if (options.logs !== undefined) await mkdir(options.logs, { recursive: true });
console.log(`seed ${seed}, ${seconds} s of faults`);
const world = await startWorld({
  nodes: count,
  random,
  redis: !options["without-redis"],
  logs: options.logs ?? null,
});
const crowds = Array.from({ length: PROCESSES }, () =>
  startChild<PeopleQuestions>(new URL("people/main.ts", import.meta.url)),
);
const attackers = startChild<AttackQuestions>(new URL("attacks/main.ts", import.meta.url));
try {
  const report = await run(world, crowds);
  console.log(`\n${toText(report)}`);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
  if (report.findings.length > 0 || !report.rested) process.exitCode = 1;
} finally {
  await Promise.all([...crowds, attackers].map((one) => one.stop()));
  await world.stop();
}

async function run(world: World, crowds: readonly Child<PeopleQuestions>[]): Promise<Report> {
  const { setting, addresses, nodes, redis, databaseUrl } = world;
  const bus = busOf(redis !== null);
  console.log(`${nodes.length} nodes; ${bus}`);
  const indexOf = (person: number) => person % PROCESSES;
  for (const [index, crowd] of crowds.entries()) {
    const own = setting.people.filter(({ id }) => indexOf(id) === index);
    await crowd.ask("open", own, addresses);
  }
  if (!(await rest())) throw new Error("Not all of the clients could connect");

  const start = now();
  const say = (line: string) =>
    console.log(`+${((now() - start) / 1_000).toFixed(1).padStart(5)} s  ${line}`);
  for (const crowd of crowds) await crowd.ask("begin", setting.threads);
  await attackers.ask("begin", setting, addresses);
  const comings = startComings(setting, addresses, seeded(seed + 1));
  const happen = openFaults(world, crowds, (person) => crowds[indexOf(person)]!, say);
  const faults = plan({ seed, seconds, nodes: nodes.length, processes: PROCESSES, redis: redis !== null });
  const happened = await Promise.all(faults.map((fault) => inTime(fault, happen)));
  await sleep(Math.max(0, start + seconds * 1_000 - now()));
  say("no more faults");
  await comings.stop();
  const attacked = await attackers.ask("stop");
  await Promise.all(crowds.map((crowd) => crowd.ask("stop")));
  say("everything that was begun is acknowledged");
  const rested = await rest();
  say(rested ? "everything is at rest" : "not everything has come to rest");

  const { heldThread, holder } = setting.attackers;
  const calm = await attackInCalm(world, attackers, say);
  const attacks = {
    ...calm,
    bodies: attacked.bodies,
    expulsions: [...attacked.expulsions, ...calm.expulsions],
    held: { thread: heldThread, person: holder.id },
  };

  const collected = await Promise.all(crowds.map((crowd) => crowd.ask("collect")));
  const posts = collected.flatMap((one) => one.posts);
  const devices = collected.flatMap((one) => one.devices);
  const ledgers = devices.map(({ ledger }) => ledger);
  const { busy } = setting;
  const inThreads = setting.threads.map(({ id, members, comers }) => [id, [...members, ...comers]] as const);
  const verdict = judge({
    posts,
    devices: ledgers,
    changes: comings.changes.toSorted((one, other) => one.from - other.from),
    threads: new Map([...inThreads, [busy.thread, [busy.reader]]]),
    truth: await findTruth(databaseUrl, setting, addresses, [
      heldThread,
      ...attacks.expulsions.map(({ thread }) => thread),
    ]),
    attacks,
  });
  for (const refusal of [...comings.refusals, ...collected.flatMap(({ refusals }) => refusals)])
    verdict.findings.push({ fault: "refused", detail: refusal });

  for (const detail of nodes.flatMap(({ stuck }) => stuck)) verdict.findings.push({ fault: "stuck", detail });

  const recovered = recoveries(happened, posts, ledgers);
  const { sent, acknowledged, owed, delivered, findings } = verdict;
  return {
    seed,
    seconds,
    bus,
    people: setting.people.length,
    devices: devices.length,
    sent,
    acknowledged,
    repeated: posts.filter(({ attempts }) => attempts > 1).length,
    owed,
    delivered,
    zeros: zerosOf(verdict),
    ...summed(devices.map(({ counts }) => counts)),
    membershipChanges: comings.changes.length,
    attacks: {
      floods: attacks.floods.length,
      "milliseconds waited at most": Math.round(Math.max(...attacks.floods.map(({ longest }) => longest))),
      "MB grown at most": Math.round(Math.max(...attacks.floods.map(({ grown }) => grown)) / 2 ** 20),
      "bodies held": attacks.bodies,
      "taken out while they acted": attacks.expulsions.length,
    },
    faults: Object.fromEntries(
      [...Map.groupBy(faults, ({ kind }) => kind)].map(([kind, same]) => [kind, same.length]),
    ),
    longestRecovery: Math.max(...recovered.map((one) => one.recovered)),
    timetable: timetableOf(recovered, start),
    rested,
    findings,
  };

  async function inTime(fault: Fault, happen: (fault: Fault) => Promise<Happened>): Promise<Happened> {
    await sleep(Math.max(0, start + fault.at * 1_000 - now()));
    return happen(fault);
  }

  /** Waits until every device is up to date, and nothing new has come for a while. Answers whether that was so. */
  async function rest(): Promise<boolean> {
    const from = now();
    let still = { told: -1, since: from };
    while (now() - from < LONGEST_REST) {
      await sleep(200);
      const states = await Promise.all(crowds.map((crowd) => crowd.ask("state")));
      const told = states.reduce((sum, state) => sum + state.told, 0);
      const isUp = states.every(({ down }) => down === 0);
      if (!isUp || told !== still.told) still = { told, since: now() };
      else if (now() - still.since > REST) return true;
    }
    return false;
  }
}

function busOf(isRedis: boolean): string {
  if (isRedis) return "they wake each other over Redis";
  const why = options["without-redis"] ? "left out" : "not here";
  return `Redis: ${why}, so its fault was not tried; the nodes woke each other over PostgreSQL`;
}
