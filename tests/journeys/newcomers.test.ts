import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { createColloquy } from "../../packages/server/src/index.ts";
import { freshDatabase } from "../support/database.ts";
import { startServer, type TestServer } from "../support/server.ts";

// What a newcomer meets: what they send by mistake is told to them, and not only left out.

const HEADER = "colloquy-unknown-fields";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

test("a development server names the fields that it ignores", async () => {
  const { status, headers, body } = await server
    .as(2)
    .post("/accounts/2/threads/chat", { titel: "Checks", title: "Check" });
  expect([status, body.title, headers.get(HEADER)]).toEqual([201, "Check", "titel (did you mean title?)"]);
  const fine = await server.as(2).post("/accounts/2/threads/chat", { title: "Check" });
  expect([fine.status, fine.headers.get(HEADER)]).toEqual([201, null]);
});

test("a host's server ignores them, and `/` is the host's", async () => {
  const host = await createColloquy(
    { authenticate: () => ({ id: 2, isSuperuser: true, language: null, timeZone: null }) },
    { database: await freshDatabase() },
  );
  const answer = await host.app.inject({
    method: "POST",
    url: "/api/accounts/2/threads/chat",
    payload: { titel: "a" },
  });
  expect([answer.statusCode, answer.headers[HEADER]]).toEqual([201, undefined]);
  expect((await host.app.inject("/")).statusCode).toBe(404);
  await host.close();
});

test("a schema that curl sends as a form is told to be sent as JSON", async () => {
  const body = await readFile(new URL("../../examples/schemas/gad-7.json", import.meta.url), "utf8");
  const send = (type: string) =>
    server
      .as(1)
      .request("/admin/schemas/import", { method: "POST", body, headers: { "content-type": type } });
  const refused = await send("application/x-www-form-urlencoded");
  expect([refused.status, refused.body.detail]).toEqual([
    415,
    expect.stringContaining("send it with Content-Type: application/json"),
  ]);
  expect((await send("application/json")).status).toBe(201);
});
