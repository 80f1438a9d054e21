import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DirectoryInUse, lockDirectory } from "./directoryLock.ts";

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "colloquy-lock-"));
  file = join(directory, "colloquy.lock");
});

afterEach(() => rm(directory, { recursive: true }));

const left = (holder: { pid: number; host?: string; birth?: string | null }) =>
  writeFile(file, JSON.stringify({ host: hostname(), birth: null, ...holder }));
const secondsAgo = async (seconds: number) => {
  const time = new Date(Date.now() - seconds * 1000);
  await utimes(file, time, time);
};

test("a directory is locked once, until it is given back", async () => {
  const deep = join(directory, "a/b");
  const unlock = await lockDirectory(deep);
  await expect(lockDirectory(deep)).rejects.toThrow(`${deep} is already open in this process`);
  await unlock();
  expect(await readdir(deep)).toEqual([]);
  await (await lockDirectory(deep))();
});

test("a lock of a living process is refused with a sentence that names it", async () => {
  await left({ pid: process.ppid });
  await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
  await expect(lockDirectory(directory)).rejects.toThrow(
    `${directory} is in use by process ${process.ppid} on ${hostname()}: stop it, or use PostgreSQL, which several processes can share`,
  );
  await rm(file);
  await (await lockDirectory(directory))();
});

test("the lock of a dead process is taken over", async () => {
  // Beyond any system's highest pid.
  await left({ pid: 2 ** 30 });
  await (await lockDirectory(directory))();
});

test("the lock of a process whose pid has gone to another since is taken over", async () => {
  await left({ pid: process.ppid, birth: "another boot/12345" });
  await (await lockDirectory(directory))();
});

test("the lock of an earlier process with our own pid is taken over, as in a container all have pid 1", async () => {
  await left({ pid: process.pid });
  await (await lockDirectory(directory))();
});

test("the lock of another host holds while it is touched", async () => {
  await left({ pid: 1, host: "elsewhere" });
  await secondsAgo(15);
  await expect(lockDirectory(directory)).rejects.toThrow("is in use by process 1 on elsewhere");
  await secondsAgo(25);
  await (await lockDirectory(directory))();
});

test("a lock file that is still empty holds for a moment", async () => {
  await writeFile(file, "");
  await expect(lockDirectory(directory)).rejects.toThrow("is in use by a process that is just starting");
  await secondsAgo(25);
  await (await lockDirectory(directory))();
});

test("giving back leaves a lock alone that is not ours any more", async () => {
  const unlock = await lockDirectory(directory);
  await left({ pid: process.ppid });
  await unlock();
  expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ pid: process.ppid });
});
