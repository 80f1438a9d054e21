import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Thread } from "@colloquy/protocol";
import { afterAll, expect, it } from "vitest";
import { type Serving, serving } from "../../../../tests/support/commandLine.ts";

const cwd = await mkdtemp(join(tmpdir(), "colloquy-cli-"));
afterAll(() => rm(cwd, { recursive: true }));
const PATIENT = 2;

async function threadsOf(server: Serving) {
  const answer = await server.ask(PATIENT, "/api/accounts/2/threads/chat?ordering=id");
  return ((await answer.json()) as { results: Thread[] }).results;
}

it("makes people, schemas and threads once, prints a curl that works, keeps everything over a restart, and shows no metrics", async () => {
  const first = await serving(["demo"], { cwd });
  const made = await threadsOf(first);
  expect(made.map(({ title, state }) => `${title}: ${state}`)).toEqual([
    "Help: open",
    "Support: open",
    "First visit: scripted",
    "PHQ-9 check-in: scripted",
  ]);
  const [, support] = made;
  expect(support?.users_data.map((person) => person.first_name)).toEqual(["Maria", "Jonas"]);
  expect(first.said()).toContain("Ctrl-C stops.");

  const [, user, text, url] = /curl -H "X-User-Id: (\d)" -d "text=(.*)" (\S+)/.exec(first.said())!;
  const headers = { "x-user-id": user!, "content-type": "application/x-www-form-urlencoded" };
  const posted = await fetch(url!, { method: "POST", headers, body: `text=${text}` });
  expect(posted.status).toBe(201);
  expect(await posted.json()).toMatchObject({ text: "Hello from curl", sender: 3 });
  expect(await first.stop()).toBe(0);

  const env = { COLLOQUY_METRICS_SERVE: "true", COLLOQUY_METRICS_PORT: "0" };
  const second = await serving(["demo"], { cwd, env });
  const kept = await threadsOf(second);
  expect(kept.map(({ title }) => title)).toEqual(made.map(({ title }) => title));
  expect(kept[1]?.unread).toBe(support!.unread + 1);
  expect(second.said().replaceAll(second.url, first.url)).toContain(url);

  await expectPage(second);
  // A demo opens no second address, for metrics, nor are they at the first.
  expect(second.said()).not.toContain("/metrics");
  expect((await fetch(`${second.url}/metrics`)).status).toBe(404);
});

/** A page of its own files only, under a policy that lets nothing else run. */
async function expectPage(server: Serving): Promise<void> {
  const page = await fetch(server.url);
  expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self';/);
  const html = await page.text();
  expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|\sstyle=/);
  const files = [...html.matchAll(/(?:src|href)="([^"#:]+)"/g)].map(([, file]) => file!);
  expect(files).toContain("page.js");
  const script = await (await fetch(new URL("page.js", server.url))).text();
  const modules = [...script.matchAll(/from "\.\/(.+)"/g)].map(([, file]) => file!);
  for (const file of [...files, ...modules]) {
    const { status, headers } = await fetch(new URL(file, server.url));
    expect({ file, status }).toEqual({ file, status: 200 });
    if (file.endsWith(".js")) expect(headers.get("content-type")).toContain("text/javascript");
  }
  expect(await (await fetch(new URL("demo.json", server.url))).json()).toMatchObject({
    database: "PGlite",
    people: { operator: 1, patient: 2, doctor: 3 },
  });
}
