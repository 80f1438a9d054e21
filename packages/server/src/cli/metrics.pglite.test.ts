import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { makeDirectory, serving } from "../../../../tests/support/commandLine.ts";
import { parseMetrics } from "../../../../tests/support/metrics.ts";

const cwd = await mkdtemp(join(tmpdir(), "colloquy-metrics-"));
afterAll(() => rm(cwd, { recursive: true }));
const LONG = 180_000;
await makeDirectory(join(cwd, "database"));
const DEVELOPMENT = ["--dev", "--database", "database"];

it(
  "shows metrics at an address of their own, which answers nothing else",
  async () => {
    const env = { COLLOQUY_METRICS_SERVE: "true", COLLOQUY_METRICS_PORT: "0" };
    const server = await serving(["serve", ...DEVELOPMENT], { cwd, env });
    expect(server.said()).toMatch(
      /^Colloquy listens on \S+ and trusts X-User-Id and serves metrics at http:\/\/127\.0\.0\.1:\d+\/metrics\n$/,
    );
    const address = /\S+\/metrics/.exec(server.said())![0];
    await server.ask(1, "/api/accounts/me");

    const answer = await fetch(`${address}?now`);
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const all = parseMetrics(await answer.text());
    const request = 'method="GET",route="/api/accounts/me",status="2xx"';
    expect(all.get(`colloquy_http_request_seconds_count{${request}}`)).toBe(1);
    for (const path of ["/", "/metrics/", "/api/accounts/me"])
      expect((await fetch(new URL(path, address))).status).toBe(404);
    expect((await fetch(address, { method: "POST" })).status).toBe(404);
    expect((await fetch(`${server.url}/metrics`)).status).toBe(404);
    expect(await server.stop()).toBe(0);
  },
  LONG,
);

it(
  "serves without metrics where their port is taken, and says so",
  async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const env = { COLLOQUY_METRICS_SERVE: "true", COLLOQUY_METRICS_PORT: String(port) };
    const server = await serving(["serve", ...DEVELOPMENT], { cwd, env });
    expect(server.said()).toMatch(/^Colloquy listens on \S+ and trusts X-User-Id\n$/);
    expect(server.complained()).toBe(
      `Metrics are not served: port ${port} of 127.0.0.1 is in use. Choose another address with COLLOQUY_METRICS_PORT or COLLOQUY_METRICS_HOST\n`,
    );
    expect((await server.ask(1, "/api/accounts/me")).status).toBe(200);
    expect(await server.stop()).toBe(0);
    taken.close();
  },
  LONG,
);
