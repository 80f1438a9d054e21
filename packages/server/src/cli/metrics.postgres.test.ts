import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { type Serving, serving } from "../../../../tests/support/commandLine.ts";
import { freshPostgres } from "../../../../tests/support/database.ts";
import { labelsOf, parseMetrics } from "../../../../tests/support/metrics.ts";
import { running } from "../../../../tests/support/processes.ts";
import { openSocket } from "../../../../tests/support/socket.ts";

const cwd = await mkdtemp(join(tmpdir(), "colloquy-metrics-"));
afterAll(() => rm(cwd, { recursive: true }));
const LONG = 180_000;
const NODES = 3;
const PATIENT = 2;

async function together(): Promise<Serving & { metrics: string }> {
  const server = await serving(["serve", "--dev", "--nodes", String(NODES)], {
    cwd,
    env: {
      COLLOQUY_DATABASE: await freshPostgres(),
      COLLOQUY_METRICS_SERVE: "true",
      COLLOQUY_METRICS_PORT: "0",
    },
  });
  return { ...server, metrics: /\S+\/metrics/.exec(server.said())![0] };
}

const look = async ({ metrics }: { metrics: string }) => parseMetrics(await (await fetch(metrics)).text());

it(
  "shows the sum over all nodes at one address, and says how many have answered",
  async () => {
    const server = await together();
    expect(server.said()).toMatch(
      /^Colloquy listens on \S+ with 3 nodes and trusts X-User-Id and serves metrics at \S+\n$/,
    );
    const sockets = await Promise.all(
      Array.from({ length: 12 }, () => openSocket(`${server.url.replace("http", "ws")}/ws`, PATIENT)),
    );
    for (let n = 0; n < 12; n++) expect((await server.ask(PATIENT, "/api/accounts/me")).status).toBe(200);

    const all = await look(server);
    expect(all.get("colloquy_nodes")).toBe(NODES);
    expect(all.get("colloquy_sockets_open")).toBe(12);
    expect(all.get('colloquy_frames_pushed_total{name="hello"}')).toBe(12);
    expect(all.get('colloquy_bus_connected{bus="postgres"}')).toBe(NODES);
    expect(all.get("colloquy_database_connections_max")).toBe(10 * NODES);
    const requests = [...all].filter(
      ([sample]) =>
        sample.startsWith("colloquy_http_request_seconds_count") &&
        labelsOf(sample).route === "/api/accounts/me",
    );
    expect(requests.map(([, count]) => count)).toEqual([12]);

    await Promise.all(sockets.map((socket) => socket.close()));
    await expect.poll(async () => (await look(server)).get("colloquy_sockets_open")).toBe(0);
    // Many looks at once share what the nodes answer.
    const looks = await Promise.all(Array.from({ length: 30 }, () => look(server)));
    expect(looks.map((one) => one.get("colloquy_nodes"))).toEqual(looks.map(() => NODES));
    expect(server.complained()).toBe("");

    // A node that does not answer is left out.
    const [still] = running((_pid, parent) => parent === server.child.pid);
    process.kill(still!, "SIGSTOP");
    try {
      await expect.poll(async () => (await look(server)).get("colloquy_nodes")).toBe(NODES - 1);
    } finally {
      process.kill(still!, "SIGCONT");
    }
    await expect.poll(async () => (await look(server)).get("colloquy_nodes")).toBe(NODES);
    expect(await server.stop()).toBe(0);
  },
  LONG,
);
