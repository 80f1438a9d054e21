import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";

// What a newcomer sends by mistake: it is told to them, and not only left out.

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
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
