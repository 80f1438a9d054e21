import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { appendFile, mkdir, readdir, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { colloquy, colloquyHere, makeDirectory, serving } from "../../../../tests/support/commandLine.ts";

const cwd = mkdtempSync(join(tmpdir(), "colloquy-disk-"));
const disk = join(cwd, "disk");
await mkdir(disk);

/** A disk of a few megabytes; only an administrator of Linux can make one. */
function mount(megabytes: number): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", disk]).status === 0;
}

function unmount(): void {
  spawnSync("umount", ["-l", disk]);
}

const canMount = mount(1);
unmount();
afterAll(() => {
  unmount();
  rmSync(cwd, { recursive: true });
});

const SERVE = ["serve", "--dev", "--port", "0", "--database", join(disk, "database")];

/** Writes until no more than so many bytes fit. */
async function fillUpTo(free: number): Promise<void> {
  const { bavail, bsize } = await statfs(disk);
  await writeFile(join(disk, "fill"), Buffer.alloc(bavail * bsize - free));
}

/** Writes until nothing more fits. */
async function fill(): Promise<void> {
  for (const size of [1_048_576, 4_096, 1]) {
    const chunk = Buffer.alloc(size);
    while (
      await appendFile(join(disk, "fill"), chunk).then(
        () => true,
        () => false,
      )
    );
  }
}

if (!canMount) it.skip("a full disk: no small disk can be mounted here", () => {});
else {
  // An empty database has some 40 MB: one does not fit at all, the other is filled by its migrations.
  it.each([24, 39])("a new database that does not fit on %i MB is one sentence, and exit 1", async (size) => {
    mount(size);
    const { code, out, err } = await colloquy(SERVE, { cwd });
    const left = await readdir(join(disk, "database"));
    unmount();
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^[^\n]*(disk is full|No space left on device)[^\n]*\n$/);
    // Half a database is what the next start would trip over; one that only lacks migrations is whole.
    if (size === 24) expect(left).not.toContain("PG_VERSION");
  });

  it("a database on a disk that is full by now is one sentence, and exit 1", async () => {
    mount(64);
    await makeDirectory(join(disk, "database"));
    await fill();
    const { code, err } = await colloquy(SERVE, { cwd });
    unmount();
    expect(code).toBe(1);
    expect(err).toMatch(/^[^\n]*(disk is full|No space left|no space left)[^\n]*\n$/);
  });

  it("a start on a disk without any room leaves nothing that the next start takes for something", async () => {
    mount(96);
    await fill();
    const [, ...options] = SERVE.filter((option) => option !== "--dev");
    for (let n = 0; n < 2; n++) {
      const { code, err } = await colloquyHere(["serve", ...options], { cwd });
      expect(code).toBe(1);
      expect(err).toMatch(/^[^\n]*no space left[^\n]*\n$/);
    }
    const secret = { COLLOQUY_AUTH_SECRET: "x".repeat(32) };
    for (let n = 0; n < 2; n++)
      expect((await colloquy(["serve", ...options], { cwd, env: secret })).err).toContain("no space left");
    await rm(join(disk, "fill"));
    const server = await serving(["serve", ...options], { cwd });
    expect(await server.stop()).toBe(0);
    unmount();
  });

  it("a disk that fills up while it is served is never a hang, and the server stops when told", async () => {
    mount(64);
    await makeDirectory(join(disk, "database"));
    const server = await serving(SERVE, { cwd });
    const post = (body: object, path = "") =>
      fetch(`${server.url}/api/accounts/2/threads/chat${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-user-id": "2" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(60_000),
      });
    expect((await post({ title: "before" })).status).toBe(201);
    await fill();
    const statuses = new Set<number>();
    for (let n = 0; n < 300 && !statuses.has(503); n++)
      statuses.add((await post({ title: "x".repeat(255) })).status);
    expect([...statuses].filter((status) => ![201, 503].includes(status))).toEqual([]);
    expect(statuses).toContain(503);
    await rm(join(disk, "fill"));
    expect([0, 1]).toContain(await server.stop());
    unmount();
  });

  it("a disk without room for the next part of the engine's log is no hang either, and nothing written is lost", async () => {
    mount(96);
    await makeDirectory(join(disk, "database"));
    const server = await serving(SERVE, { cwd });
    const post = async (url: string, path: string, body: object) => {
      const answer = await fetch(`${url}/api${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-user-id": "2" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(60_000),
      });
      return { status: answer.status, id: ((await answer.json()) as { id: number }).id };
    };
    const thread = await post(server.url, "/accounts/2/threads/chat", {});
    // The tables have room, and the engine's log, of which each part has 16 MB, has none.
    await fillUpTo(15 * 1_048_576);
    let newest = 0;
    let last = 201;
    for (let n = 0; n < 1_000 && last === 201; n++) {
      const posted = await post(server.url, `/threads/${thread.id}/messages`, {
        text: "long",
        meta: { long: randomBytes(45_000).toString("base64") },
      });
      last = posted.status;
      if (last === 201) newest = posted.id;
    }
    expect(last).toBe(503);
    for (let n = 0; n < 3; n++)
      expect((await post(server.url, "/accounts/2/threads/chat", {})).status).toBe(503);
    expect((await server.ask(2, "/readyz")).status).toBe(503);
    expect((await server.ask(2, "/healthz")).status).toBe(200);
    expect(await server.stop()).toBe(0);

    const refused = await colloquy(SERVE, { cwd });
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/^[^\n]*the disk is full[^\n]*\n$/);

    await rm(join(disk, "fill"));
    const again = await serving(SERVE, { cwd });
    const kept = await again.ask(2, `/api/threads/${thread.id}/messages/${newest}`);
    expect(kept.status).toBe(200);
    expect((await post(again.url, "/accounts/2/threads/chat", {})).status).toBe(201);
    expect(await again.stop()).toBe(0);
    unmount();
  });
}

it("a place where nothing can be written is one sentence, and exit 1", async () => {
  const file = join(cwd, "file");
  await writeFile(file, "");
  for (const place of [file, join(file, "below")]) {
    const args = ["serve", "--dev", "--port", "0", "--database", place];
    const { code, err } = await colloquyHere(args, { cwd });
    expect(code).toBe(1);
    expect(err).toMatch(/^[^\n]+\n$/);
  }
});
