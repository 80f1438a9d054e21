import { randomUUID } from "node:crypto";
import type { Question as EngineQuestion } from "@colloquy/engine";
import { applyEvent, type ClientState, type Message, NOTHING_KNOWN, type Push } from "@colloquy/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { rightFor } from "../../packages/engine/src/testing/arbitraryInput.ts";
import { databaseKind } from "../support/database.ts";
import { runs } from "../support/runs.ts";
import { seeded } from "../support/seeded.ts";
import { startServer, type TestServer } from "../support/server.ts";
import type { Frame } from "../support/socket.ts";
import { type Flow, publish } from "./flows.ts";

// Spec 5: what one fetched, and what one was told since, is what one would fetch now. Worlds of four people act at
// random; after every step one of them catches up and fetches anew, and both must be the same.

const WORLDS = runs(4, 16);
const PEOPLE_EACH = 4;
/** In the deep run 6,000 together. */
const STEPS = databaseKind === "postgres" ? runs(300, 5_000) : runs(200, 1_000);
const STEPS_AT_SOCKETS = runs(30, 200);
/** Messages in a thread, above which the world goes on in a new one: all of them fit in a page. */
const FULL = 70;

let server: TestServer;
let flows: Flow[];

beforeAll(async () => {
  server = await startServer(
    { threads: { memberPermissions: 8191, creatorPermissions: 8191 } },
    { people: 1 + (WORLDS + 1) * PEOPLE_EACH },
  );
  const linear = await publish(server, "linear", [
    { qid: 1, type: "message", next_qid: 2, variable_modifications: [["seen", "1"]] },
    {
      qid: 2,
      type: "choice",
      answers: [
        { text: "Yes", next_qid: 3, variable_modifications: [["yes", "yes + 1"]] },
        { text: "No", next_qid: 5 },
      ],
    },
    { qid: 3, type: "int", next_qid: 4 },
    { qid: 4, type: "control", next_qid: 5 },
    { qid: 5, type: "multichoice", answers: ["A", "B", "C"].map((text) => ({ text, next_qid: 6 })) },
    { qid: 6, type: "text", next_qid: -1 },
  ]);
  const looping = await publish(server, "looping", [
    { qid: 1, type: "text", next_qid: 2, variable_modifications: [["rounds", "rounds + 1"]] },
    { qid: 2, type: "fork", forking_rules: [[1, "rounds < 4"]], next_qid: 3 },
    { qid: 3, type: "message", next_qid: -1 },
  ]);
  flows = [linear, looping];
});

/** One person's requests. In the process: there are tens of thousands of them, and HTTP itself is tested elsewhere. */
function as(user: number) {
  const send = (method: "GET" | "POST" | "PATCH" | "DELETE") => async (path: string, payload?: object) => {
    const answer = await server.colloquy.app.inject({
      method,
      url: `/api${path}`,
      headers: { "x-user-id": String(user) },
      ...(payload === undefined ? {} : { payload }),
    });
    return { status: answer.statusCode, body: answer.body === "" ? null : answer.json() };
  };
  return { get: send("GET"), post: send("POST"), patch: send("PATCH"), delete: send("DELETE") };
}

/** The same whole numbers below a bound for the same seed. */
function generator(seed: number): (below: number) => number {
  const next = seeded(seed);
  return (below) => Math.floor(next() * below);
}

/** One person's client: what it knows, and how it is told. */
class Client {
  readonly user: number;
  state: ClientState = NOTHING_KNOWN;
  #token = "";

  constructor(user: number) {
    this.user = user;
  }

  get #api() {
    return as(this.user);
  }

  async open(): Promise<void> {
    this.#token = (await this.#api.get("/sync?since=none")).body.event;
    this.state = { ...NOTHING_KNOWN, threads: await this.#fetchThreads() };
  }

  tell(push: Push): void {
    this.state = applyEvent(this.state, push);
  }

  async catchUp(): Promise<void> {
    for (let more = true; more; ) {
      const { body } = await this.#api.get(`/sync?since=${encodeURIComponent(this.#token)}`);
      expect(body.resync).toBe(false);
      this.#token = body.event;
      for (const push of body.events) this.tell(push);
      more = body.more;
    }
  }

  async #fetchThreads() {
    const { body } = await this.#api.get(`/accounts/${this.user}/threads/chat?limit=100`);
    return new Map<number, ClientState["threads"] extends ReadonlyMap<number, infer T> ? T : never>(
      body.results.map((thread: { id: number }) => [thread.id, thread]),
    );
  }

  /** Everything but messages can be fetched without being changed by it. Lists have no pools. */
  async checkThreads(): Promise<void> {
    const known = sorted(this.state.threads).map(({ variables_pool: _pool, ...thread }) => thread);
    expect(known).toEqual(sorted(await this.#fetchThreads()));
  }

  /** Once something was pushed of a thread, its pool is known. */
  async checkPool(thread: number): Promise<void> {
    const pool = this.state.threads.get(thread)?.variables_pool;
    if (pool !== undefined)
      expect(pool).toEqual((await this.#api.get(`/threads/${thread}`)).body.variables_pool);
  }

  async checkSurveys(): Promise<void> {
    const { body } = await this.#api.get(`/accounts/${this.user}/surveys?limit=100`);
    const known = body.results.filter(({ id }: { id: number }) => this.state.surveys.has(id));
    expect(known).toHaveLength(this.state.surveys.size);
    for (const { id } of known)
      expect(this.state.surveys.get(id)).toEqual((await this.#api.get(`/surveys/${id}`)).body);
  }

  /** To fetch messages is to read them: that, too, is told. The first time it is how a thread is opened. */
  async checkMessages(thread: number): Promise<void> {
    if (!this.state.threads.has(thread)) return;
    const { status, body } = await this.#api.get(`/threads/${thread}/messages?limit=100`);
    expect([status, body.next]).toEqual([200, null]);
    const fetched: Message[] = body.results;
    const known = this.state.messages.get(thread);
    if (known !== undefined) expect(known).toEqual(fetched);
    else this.state = { ...this.state, messages: new Map(this.state.messages).set(thread, fetched) };
  }
}

const sorted = <T>(map: ReadonlyMap<number, T>): T[] =>
  [...map].sort(([a], [b]) => a - b).map(([, value]) => value);

interface World {
  random: (below: number) => number;
  clients: Client[];
  thread: number;
  surveys: { id: number; flow: Flow }[];
}

async function createThread(user: number): Promise<number> {
  const { status, body } = await as(user).post(`/accounts/${user}/threads/chat`, { title: "A world" });
  expect(status).toBe(201);
  return body.id;
}

async function openWorld(index: number): Promise<World> {
  const first = 2 + index * PEOPLE_EACH;
  const clients = Array.from({ length: PEOPLE_EACH }, (_, n) => new Client(first + n));
  const thread = await createThread(first);
  await as(first).post(`/threads/${thread}/users`, { user: first + 1 });
  return { random: generator(20_261_125 + index), clients, thread, surveys: [] };
}

type Acted = { status: number };

/** What people do; a refusal is fine, a fault is not. */
const ACTIONS: Record<string, (world: World, actor: number) => Promise<Acted>> = {
  post: ({ thread, random }, actor) =>
    as(actor).post(`/threads/${thread}/messages`, {
      text: `Text ${random(1_000)}`,
      client_id: randomUUID(),
      ...(random(4) === 0 ? { meta: { n: random(9) }, type: "note" } : {}),
    }),
  answer(world, actor) {
    const { thread, random } = world;
    const view = clientOf(world, actor).state.threads.get(thread);
    if (view?.question_data == null) return ACTIONS.lead!(world, actor);
    const input = rightFor(view.question_data as unknown as EngineQuestion, random(50));
    const controlled = view.state === "scripted_fe_controlled" ? { question: view.question } : {};
    return as(actor).post(`/threads/${thread}/messages`, { ...input, ...controlled });
  },
  async edit(world, actor) {
    const id = anyMessage(world, actor);
    return server
      .as(actor)
      .patch(`/threads/${world.thread}/messages/${id}`, { text: `Edited ${world.random(99)}` });
  },
  delete: (world, actor) => as(actor).delete(`/threads/${world.thread}/messages/${anyMessage(world, actor)}`),
  readOne: (world, actor) => as(actor).get(`/threads/${world.thread}/messages/${anyMessage(world, actor)}`),
  readUpTo: (world, actor) =>
    as(actor).post(`/threads/${world.thread}/read`, { message: anyMessage(world, actor) }),
  rename: ({ thread, random }, actor) =>
    as(actor).patch(`/threads/${thread}`, { title: `Title ${random(1_000)}` }),
  add: ({ thread, random, clients }, actor) =>
    as(actor).post(`/threads/${thread}/users`, { user: clients[random(PEOPLE_EACH)]!.user }),
  remove: ({ thread, random, clients }, actor) =>
    as(actor).delete(`/threads/${thread}/users/${clients[random(PEOPLE_EACH)]!.user}`),
  leave: ({ thread, random }, actor) =>
    random(4) === 0 ? as(actor).delete(`/threads/${thread}`) : as(actor).get(`/threads/${thread}`),
  mute: ({ thread, random }, actor) =>
    as(actor).patch(`/threads/${thread}`, { notifications: random(2) === 0 ? 2 : 3 }),
  lead: ({ thread, random, clients }, actor) =>
    as(actor).patch(`/threads/${thread}/users/${clients[random(PEOPLE_EACH)]!.user}`, {
      state: ["scripted", "scripted_fe_controlled", "assisted"][random(3)],
      schema: flows[random(flows.length)]!.id,
      on_finish: random(2) === 0 ? "open" : "close",
    }),
  release: ({ thread, random, clients }, actor) =>
    as(actor).patch(`/threads/${thread}/users/${clients[random(PEOPLE_EACH)]!.user}`, {
      state: random(3) === 0 ? "closed" : "open",
    }),
  everyone: ({ thread, random }, actor) =>
    as(actor).patch(`/threads/${thread}`, { state: random(3) === 0 ? "closed" : "open" }),
  rollback: (world, actor) => {
    const view = clientOf(world, actor).state.threads.get(world.thread);
    const body = view?.state === "scripted_fe_controlled" ? { question: view.question } : {};
    return as(actor).post(`/threads/${world.thread}/rollback`, body);
  },
  async survey({ random, surveys }, actor) {
    const flow = flows[random(flows.length)]!;
    const answer = await as(actor).post(`/accounts/${actor}/surveys`, { schema: flow.id });
    if (answer.status === 201) surveys.push({ id: answer.body.id, flow });
    return answer;
  },
  fill({ random, surveys }, actor) {
    const { id, flow } = surveys.at(-1) ?? { id: 1, flow: flows[0]! };
    const { id: related_question, answers } = [...flow.questions.values()][random(flow.questions.size)]!;
    const given = answers.length > 0 ? { answers: [answers[0]!.id] } : { text: "7" };
    return as(actor).post(`/surveys/${id}/items`, { related_question, ...given });
  },
  discard: ({ surveys }, actor) => as(actor).delete(`/surveys/${surveys.at(-1)?.id ?? 1}`),
};

const clientOf = ({ clients }: World, user: number): Client =>
  clients.find((client) => client.user === user)!;

function anyMessage(world: World, actor: number): number {
  const known = clientOf(world, actor).state.messages.get(world.thread) ?? [];
  return known[world.random(Math.max(1, known.length))]?.id ?? 1;
}

const NAMES = Object.keys(ACTIONS);
const OFTEN = ["post", "post", "post", "answer", "answer", "answer", "answer"];

/** Somebody does something that takes effect; answers how it is called. */
async function act(world: World): Promise<string> {
  const known = Math.max(...world.clients.map(({ state }) => state.messages.get(world.thread)?.length ?? 0));
  const isEmpty = !world.clients.some(({ state }) => state.threads.has(world.thread));
  const { random, clients } = world;
  for (let isNew = known > FULL || isEmpty; ; isNew = false) {
    const actor = clients[random(PEOPLE_EACH)]!.user;
    if (isNew) {
      world.thread = await createThread(actor);
      return "create";
    }
    const names = random(2) === 0 ? OFTEN : NAMES;
    const name = names[random(names.length)]!;
    const { status } = await ACTIONS[name]!(world, actor);
    expect(status, name).toBeLessThan(500);
    if (status < 300) return name;
  }
}

describe("what was fetched and what was told since", () => {
  test(`is what is fetched now, at each of ${STEPS} steps caught up with`, async () => {
    const took = new Set<string>();
    await Promise.all(
      Array.from({ length: WORLDS }, async (_, index) => {
        const world = await openWorld(index);
        for (const client of world.clients) await client.open();
        const trace: string[] = [];
        for (let step = 0; step * WORLDS < STEPS; step++) {
          const name = await act(world);
          took.add(name);
          trace.push(name);
          const client = world.clients[world.random(PEOPLE_EACH)]!;
          try {
            await client.catchUp();
            await client.checkThreads();
            await client.checkPool(world.thread);
            if (world.random(3) === 0) await client.checkMessages(world.thread);
            if (["survey", "fill", "discard"].includes(name)) await client.checkSurveys();
          } catch (error) {
            throw new Error(
              `World ${index}, step ${step}, user ${client.user}: ${trace.slice(-12).join(" ")}`,
              {
                cause: error,
              },
            );
          }
        }
      }),
    );
    expect([...took].sort()).toEqual(["create", ...NAMES].sort());
  });

  test(`is so at open sockets, at each of ${STEPS_AT_SOCKETS} steps`, async () => {
    const world = await openWorld(WORLDS);
    for (const client of world.clients) {
      await client.open();
      const socket = await server.socket(client.user);
      await client.catchUp();
      let heard = 0;
      const { frames } = socket;
      Object.defineProperty(client, "hear", {
        value: () => {
          while (heard < frames.length) client.tell(frames[heard++]! as Frame as Push);
        },
      });
    }
    for (let step = 0; step < STEPS_AT_SOCKETS; step++) {
      // One alone, or several at once.
      await Promise.all(Array.from({ length: 1 + world.random(6) }, () => act(world)));
      const withMessages = world.random(3) === 0;
      for (const client of world.clients as (Client & { hear(): void })[]) {
        await expect
          .poll(
            async () => {
              client.hear();
              await client.checkThreads();
              await client.checkPool(world.thread);
              // To have read them is told, too, a moment later.
              if (withMessages) await client.checkMessages(world.thread);
              return true;
            },
            { interval: 5 },
          )
          .toBe(true);
      }
    }
  });
});
