import { Client } from "pg";
import { openDatabase } from "../packages/server/src/database/database.ts";
import { migrate } from "../packages/server/src/database/migrate.ts";
import { type Colloquy, createColloquy } from "../packages/server/src/index.ts";
import type { PostgresServer } from "../tests/support/postgres.ts";
import type { Random } from "./random.ts";

/** A person, with the bearer token that all their devices have. */
export interface Person {
  id: number;
  token: string;
  devices: number;
  /** Whether they keep their connections: nobody but a fault drops these. */
  isSteady: boolean;
}

export interface ChaosThread {
  id: number;
  /** Who made it may add and remove others. */
  creator: number;
  /** Who stays in it, and writes. */
  members: number[];
  /** Who is taken out and added again, and does not write in it. */
  comers: number[];
}

/** Somebody who means harm, or to whom it is done. */
export interface Attacker {
  id: number;
  token: string;
}

/** Who attacks, apart from those who talk. */
export interface Attackers {
  /** Takes others out of threads, and has one of their own with a message in it. */
  owner: Attacker;
  ownThread: number;
  message: number;
  /** Floods, as a member of that thread. */
  flooder: Attacker;
  /** Holds bodies back, as a member of a thread that they are taken out of and added to again. */
  holder: Attacker;
  heldThread: number;
  /** Is taken out of threads, and then wants to add the stranger. */
  expelled: Attacker;
  stranger: Attacker;
  /** A schema of many questions. */
  schema: number;
}

/** Who talks with whom. */
export interface Setting {
  attackers: Attackers;
  people: Person[];
  threads: ChaosThread[];
  /** A thread of its own with one who at times reads slowly, and one who then writes much and is told of nothing. */
  busy: { thread: number; reader: number; writer: number };
}

const PEOPLE = 40;
const ATTACKERS = 5;
const THREADS = 10;
const MEMBERS = 8;
const COMERS = 2;
const HOURS = 12 * 3600;

/** A database with people and threads in it, made before any node serves it. */
export async function makeSetting(
  postgres: PostgresServer,
  secret: string,
  random: Random,
): Promise<{ url: string; setting: Setting }> {
  const admin = new Client({ connectionString: postgres.url() });
  await admin.connect();
  await admin.query("create database chaos").finally(() => admin.end());
  const url = postgres.url("chaos");
  const database = await openDatabase(url);
  await migrate(database, { schema: "colloquy" });
  await database.query({
    name: "people",
    text: `insert into account (first_name) select 'Person ' || n from generate_series(1, ${PEOPLE + ATTACKERS}) n`,
  });
  const colloquy = await createColloquy({ auth: { secret } }, { database });

  async function thread(creator: number, others: readonly number[], notifications = 3): Promise<number> {
    const { id } = await colloquy.threads.create({ creator, notifications });
    for (const user of others) await colloquy.members.add(id, user);
    return id;
  }

  try {
    const ids = Array.from({ length: PEOPLE }, (_, index) => index + 1);
    const threads: ChaosThread[] = [];
    for (let n = 0; n < THREADS; n++) {
      const [creator, ...others] = random.shuffled(ids).slice(0, MEMBERS + COMERS) as [number, ...number[]];
      const comers = others.splice(0, COMERS);
      threads.push({
        id: await thread(creator, [...others, ...comers]),
        creator,
        members: [creator, ...others],
        comers,
      });
    }
    const [reader, writer] = random.shuffled(ids) as [number, number];
    const busy = { thread: await thread(writer, [reader], 0), reader, writer };
    const people: Person[] = [];
    for (const id of ids)
      people.push({
        id,
        token: await colloquy.tokens.issue(id, HOURS),
        devices: id % 4 === 0 ? 2 : 1,
        isSteady: id === reader || id % 5 === 0,
      });
    const attackers = await makeAttackers(colloquy);
    return { url, setting: { people, threads, busy, attackers } };
  } finally {
    await colloquy.close();
    await database.close();
  }
}

async function makeAttackers({ threads, members, messages, schemas, tokens }: Colloquy): Promise<Attackers> {
  const all: Attacker[] = [];
  for (let n = 1; n <= ATTACKERS; n++)
    all.push({ id: PEOPLE + n, token: await tokens.issue(PEOPLE + n, HOURS) });
  const [owner, flooder, holder, expelled, stranger] = all as [
    Attacker,
    Attacker,
    Attacker,
    Attacker,
    Attacker,
  ];
  const [own, held] = [
    await threads.create({ creator: owner.id }),
    await threads.create({ creator: owner.id }),
  ];
  await members.add(own.id, flooder.id);
  await members.add(held.id, holder.id);
  const message = await messages.post(own.id, owner.id, { text: "For the flooder" });
  const { id: schema } = await schemas.load({
    format: "colloquy.schema/1",
    name: "long",
    type: "automated_flow",
    questions: Array.from({ length: 20 }, (_, n) => ({
      qid: n + 1,
      type: "text",
      text: "And then?",
      next_qid: n === 19 ? -1 : n + 2,
    })),
  });
  return {
    owner,
    ownThread: own.id,
    message: message!.id,
    flooder,
    holder,
    heldThread: held.id,
    expelled,
    stranger,
    schema,
  };
}
