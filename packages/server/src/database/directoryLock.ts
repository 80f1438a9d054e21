import { mkdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { makeFile } from "./newFile.ts";

/** The directory belongs to another process, or to another database of this one. */
export class DirectoryInUse extends Error {
  override readonly name = "DirectoryInUse";
}

const FILE = "colloquy.lock";
const BEAT = 5_000;
/** A lock of another machine or container, whose processes we cannot see, is dead when not touched for so long. */
const SILENT = 4 * BEAT;

interface Holder {
  pid: number;
  host: string;
  /** Tells a process from another that got its pid later, also after a reboot; null where the system cannot say. */
  birth: string | null;
}

// A lock file with our own pid that is not in here was left by an earlier process: in a container all are pid 1.
const heldHere = new Set<string>();

/**
 * Takes `directory` (made if missing) for this process; returns how to give it back. PGlite has no lock of its own,
 * and two of them on the same files destroy them. A lock whose process is dead is taken over.
 * @throws DirectoryInUse
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const file = resolve(directory, FILE);
  if (heldHere.has(file)) throw new DirectoryInUse(`${directory} is already open in this process`);
  heldHere.add(file);
  const mine = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    birth: await birthOf(process.pid),
  } satisfies Holder);
  try {
    await mkdir(directory, { recursive: true });
    while (!(await makeFile(file, mine))) await removeIfDead(file, directory);
  } catch (error) {
    heldHere.delete(file);
    throw error;
  }

  const beat = setInterval(() => {
    const now = new Date();
    // Someone deleted the file or the disk is full: nothing that stopping would make better.
    utimes(file, now, now).catch(() => {});
  }, BEAT).unref();

  return async () => {
    clearInterval(beat);
    heldHere.delete(file);
    if ((await readFile(file, "utf8").catch(() => "")) === mine) await rm(file);
  };
}

async function removeIfDead(file: string, directory: string): Promise<void> {
  const seen = await readFile(file, "utf8").catch(missing);
  const age = Date.now() - ((await stat(file).catch(missing))?.mtimeMs ?? 0);
  if (seen === undefined) return;
  const holder = parse(seen);
  if (await isAlive(holder, age)) {
    const who = holder ? `process ${holder.pid} on ${holder.host}` : "a process that is just starting";
    throw new DirectoryInUse(
      `${directory} is in use by ${who}: stop it, or use PostgreSQL, which several processes can share`,
    );
  }
  // Two processes may both have seen the dead lock. Moving takes exactly one file away: if that was no longer the
  // dead one but the other's new lock, it goes back.
  const grave = join(directory, `${FILE}.${process.pid}.${Date.now()}`);
  await rename(file, grave).catch(missing);
  if ((await readFile(grave, "utf8").catch(missing)) === seen) await rm(grave);
  else await rename(grave, file).catch(missing);
}

async function isAlive(holder: Holder | undefined, age: number): Promise<boolean> {
  if (holder === undefined || holder.host !== hostname()) return age < SILENT;
  if (holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (isCode(error, "ESRCH")) return false;
  }
  const birth = await birthOf(holder.pid);
  return birth === null || holder.birth === null || birth === holder.birth;
}

/** The boot and the clock tick in it at which a process began (proc(5), field 22 of stat), where there is a /proc. */
async function birthOf(pid: number): Promise<string | null> {
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => null);
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (!boot || !line) return null;
  // The name in field 2 may hold spaces and brackets. A zombie has let go of its files.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? "ended" : `${boot.trim()}/${fields[19]}`;
}

function parse(content: string): Holder | undefined {
  try {
    return JSON.parse(content);
  } catch {
    // Made a moment ago and not yet written, or cut off by a crash.
    return undefined;
  }
}

function missing(error: unknown): undefined {
  if (!isCode(error, "ENOENT")) throw error;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
