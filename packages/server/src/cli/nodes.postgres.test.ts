import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Message, Thread } from "@colloquy/protocol";
import { afterAll, expect, it } from "vitest";
import {
  colloquy,
  colloquyHere,
  PATIENCE,
  type Serving,
  serving,
} from "../../../../tests/support/commandLine.ts";
import { freshPostgres } from "../../../../tests/support/database.ts";
import { running } from "../../../../tests/support/processes.ts";
import { openSocket, type TestSocket } from "../../../../tests/support/socket.ts";

const cwd = await mkdtemp(join(tmpdir(), "colloquy-nodes-"));
afterAll(() => rm(cwd, { recursive: true }));
const LONG = 180_000;
const NODES = 3;
/** Where it is about each of them, and not about those who are left. */
const FEW = 2;
const PATIENT = 2;

/** `colloquy serve --dev` with several nodes on a database of their own, and no secret. */
async function together(directory = cwd, nodes = NODES): Promise<Serving> {
  const env = { COLLOQUY_DATABASE: await freshPostgres() };
  return serving(["serve", "--dev", "--nodes", String(nodes)], { cwd: directory, env });
}

const nodesOf = ({ child }: Serving) => running((_pid, parent) => parent === child.pid);
const leftOf = (nodes: number[]) => running((pid) => nodes.includes(pid));

/** How often the policy that says so was asked. */
const askedOf = (server: Serving) =>
  server
    .said()
    .split("\n")
    .filter((line) => line === "asked").length;

const socketsOf = ({ url }: Serving) => `${url.replace("http", "ws")}/ws`;

function open(server: Serving, count: number): Promise<TestSocket[]> {
  return Promise.all(Array.from({ length: count }, () => openSocket(socketsOf(server), PATIENT)));
}

function send({ url }: Serving, path: string, body: object): Promise<Response> {
  return fetch(`${url}/api${path}`, {
    method: "POST",
    headers: { "x-user-id": String(PATIENT), "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE),
  });
}

async function thread(server: Serving): Promise<number> {
  const answer = await send(server, `/accounts/${PATIENT}/threads/chat`, { title: "Together" });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as Thread).id;
}

const heard = ({ frames }: TestSocket): string[] =>
  frames.filter(({ message }) => message === "message_created_or_updated").map(({ data }) => data.text);

it(
  "serves by several processes that share a free port and take each other's tickets, and ends with all of them",
  async () => {
    const server = await together();
    expect(server.said()).toMatch(
      /^Colloquy listens on http:\/\/127\.0\.0\.1:\d+ with 3 nodes and trusts X-User-Id\n$/,
    );
    const nodes = nodesOf(server);
    expect(nodes).toHaveLength(NODES);

    const { token } = (await (await send(server, "/ws-ticket", {})).json()) as { token: string };
    for (let attempt = 0; attempt < 2 * NODES; attempt++) {
      const socket = new WebSocket(`${socketsOf(server)}?token=${token}`);
      const [{ data }] = await once(socket, "message");
      expect(JSON.parse(data)).toMatchObject({ message: "hello", data: { user: PATIENT } });
      socket.close();
    }

    const id = await thread(server);
    const sockets = await open(server, 20);
    const texts = Array.from({ length: 10 }, (_, index) => `message ${index}`);
    for (const text of texts)
      expect((await send(server, `/threads/${id}/messages`, { text })).status).toBe(201);
    await expect
      .poll(() => sockets.map((socket) => heard(socket).length))
      .toEqual(sockets.map(() => texts.length));
    // The sweep comes by, and has nothing to add.
    await sleep(2_500);
    for (const socket of sockets) expect(heard(socket)).toEqual(texts);

    expect(await server.stop("SIGTERM")).toBe(0);
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual(sockets.map(() => 1012));
    expect(leftOf(nodes)).toEqual([]);
    expect(server.said().split("\n")).toHaveLength(2);
  },
  LONG,
);

it(
  "loses nothing that it acknowledged when a node is killed, and replaces the node",
  async () => {
    const server = await together();
    const complaints: string[] = [];
    server.child.stderr!.on("data", (text) => complaints.push(text));
    const id = await thread(server);
    const sockets = await open(server, 12);
    const cut = new Set<TestSocket>();
    for (const socket of sockets) void socket.closed.then(() => cut.add(socket));
    const [victim, ...others] = nodesOf(server);

    const acknowledged: string[] = [];
    let isKilled = false;
    async function post(name: string): Promise<void> {
      for (let index = 0; index < 20; index++) {
        const text = `${name} ${index}`;
        const answer = await send(server, `/threads/${id}/messages`, { text }).catch(() => null);
        if (answer?.status === 201) acknowledged.push(text);
        if (acknowledged.length < 20 || isKilled) continue;
        isKilled = process.kill(victim!, "SIGKILL");
      }
    }
    await Promise.all(["one", "two", "three", "four"].map(post));
    expect(acknowledged.length).toBeGreaterThan(60);

    const list = await server.ask(PATIENT, `/api/threads/${id}/messages?limit=100`);
    const { results } = (await list.json()) as { results: Message[] };
    expect(results.map(({ text }) => text)).toEqual(expect.arrayContaining(acknowledged));
    const staying = sockets.filter((socket) => !cut.has(socket));
    expect(cut.size).toBeGreaterThan(0);
    expect(staying.length).toBeGreaterThan(0);
    for (const socket of staying) {
      await expect.poll(() => heard(socket)).toEqual(expect.arrayContaining(acknowledged));
      expect(new Set(heard(socket)).size).toBe(heard(socket).length);
    }

    await expect.poll(() => nodesOf(server).length).toBe(NODES);
    expect(nodesOf(server)).toEqual(expect.arrayContaining(others));
    expect(complaints.join("")).toBe(
      `Node ${victim} exited unexpectedly: SIGKILL\nAnother node replaces it in 100 ms\n`,
    );
    // Even when none is left to keep a port that nobody had asked for by its number.
    for (const node of nodesOf(server)) process.kill(node, "SIGKILL");
    await expect
      .poll(() => server.ask(PATIENT, "/api/accounts/me").then(({ status }) => status, String))
      .toBe(200);
    await expect.poll(() => nodesOf(server).length).toBe(NODES);
    expect(await server.stop()).toBe(0);
  },
  LONG,
);

it(
  "finishes what is under way in each node, also when the one that started them is killed",
  async () => {
    const directory = await mkdtemp(join(cwd, "slow-"));
    await writeFile(
      join(directory, "colloquy.config.js"),
      `import { setTimeout as sleep } from "node:timers/promises";
      const own = async () => { console.log("asked"); await sleep(2_000); return true; };
      export default { policies: { own } };`,
    );
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const server = await together(directory, FEW);
      const nodes = nodesOf(server);
      const sockets = await open(server, FEW);
      const before = askedOf(server);
      const asked = Array.from({ length: 2 * FEW }, () => server.ask(PATIENT, "/api/accounts/me"));
      await expect.poll(() => askedOf(server)).toBe(before + 2 * FEW);
      const ended = server.stop(signal);
      expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(asked.map(() => 200));
      expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual(sockets.map(() => 1012));
      await expect.poll(() => leftOf(nodes)).toEqual([]);
      expect(await ended).toBe(signal === "SIGTERM" ? 0 : null);
    }
  },
  LONG,
);

it(
  "ends all nodes at once on a second signal",
  async () => {
    const directory = await mkdtemp(join(cwd, "stuck-"));
    await writeFile(
      join(directory, "colloquy.config.js"),
      'export default { policies: { own: () => new Promise(() => console.log("asked")) } };',
    );
    const server = await together(directory, FEW);
    const nodes = nodesOf(server);
    const asked = Array.from({ length: 2 * FEW }, () =>
      server.ask(PATIENT, "/api/accounts/me").catch(() => "cut off"),
    );
    await expect.poll(() => askedOf(server)).toBe(2 * FEW);
    server.child.kill("SIGTERM");
    await sleep(500);
    expect(leftOf(nodes)).not.toEqual([]);
    expect(await server.stop("SIGTERM")).toBe(143);
    expect(await Promise.all(asked)).toEqual(asked.map(() => "cut off"));
    await expect.poll(() => leftOf(nodes)).toEqual([]);
  },
  LONG,
);

it(
  "says once why it cannot serve, and leaves no process behind",
  async () => {
    const env = { COLLOQUY_DATABASE: await freshPostgres() };
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const args = ["serve", "--dev", "--nodes", String(FEW), "--port", String(port)];
    expect(await colloquy(args, { cwd, env })).toEqual({
      code: 1,
      out: "",
      err: `Port ${port} of 127.0.0.1 is in use: stop the program that listens there, or choose another with --port or COLLOQUY_PORT\n`,
    });
    taken.close();

    const withoutSecret = await colloquyHere(["serve", "--nodes", "2"], { cwd, env });
    expect(withoutSecret).toMatchObject({ code: 1, out: "" });
    expect(withoutSecret.err).toMatch(/^Set COLLOQUY_AUTH_SECRET to .*\n$/);

    const embedded = await colloquyHere(["serve", "--dev", "--nodes", "2", "--database", "memory:"], { cwd });
    expect(embedded).toMatchObject({ code: 1, out: "" });
    expect(embedded.err).toMatch(/^--nodes needs PostgreSQL, .*\n$/);
  },
  LONG,
);
