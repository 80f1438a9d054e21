/**
 * Runs the Dockerfile where there is no Docker: its steps, in an overlay on this machine's files, which stand in for the
 * base image, and then its command and health check, as in a container: with its user, in separate namespaces, and
 * read-only except for `/data` and `/tmp`. Also lints it, and compose.yaml.
 *
 * Needs root on Linux. It builds no image, and does not test the base image's own files.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Instruction, ignoredBy, listOf, readDockerfile, type Stage } from "./readDockerfile.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
/** Rules of dclint about the order of names, and one against public ports. */
const RULES_OFF = [
  "no-unbound-port-interfaces",
  "require-quotes-in-ports",
  "service-keys-order",
  "services-alphabetical-order",
  "top-level-properties-order",
].flatMap((rule) => ["--disable-rule", rule]);
const LINTERS = [
  ["dockerfile-utils@0.16.3", "lint", "Dockerfile"],
  ["dclint@3.1.0", "compose.yaml", "--max-warnings", "0", ...RULES_OFF],
];
/** Seconds within which the command must be healthy, and must stop. */
const HEALTHY_WITHIN = 60;
const STOPPED_WITHIN = 10;

/** A stage as built so far. */
interface Image {
  /** Directory of its own files, the upper one of the overlay. */
  layer: string;
  env: Record<string, string>;
  directory: string;
  user: string;
  /** The last instruction of each kind that only describes the image. */
  described: Record<string, Instruction>;
}

const home = join(tmpdir(), `colloquy-dockerfile-${process.pid}`);
const npmCache = npm("config", "get", "cache");
const registry = npm("config", "get", "registry");
const ignored = ignoredBy(readFileSync(join(ROOT, ".dockerignore"), "utf8"));

lint();
const lack = findLack();
if (lack !== null) console.log(`The Dockerfile was not run: ${lack}`);
else
  try {
    mkdirSync(home);
    const stages = readDockerfile(readFileSync(join(ROOT, "Dockerfile"), "utf8"));
    const images = new Map<string, Image>();
    let image: Image | null = null;
    for (const stage of stages) {
      image = build(stage, images);
      if (stage.name !== null) images.set(stage.name, image);
    }
    checkFiles(image!);
    await checkCommand(image!);
    console.log("The steps of the Dockerfile work. No image was built.");
  } finally {
    rmSync(home, { recursive: true, force: true });
  }

function npm(...given: string[]): string {
  return execFileSync("npm", given, { encoding: "utf8" }).trim();
}

function lint(): void {
  for (const [tool, ...given] of LINTERS)
    execFileSync("npx", ["--yes", tool!, ...given], { cwd: ROOT, stdio: "inherit" });
}

function findLack(): string | null {
  if (process.platform !== "linux" || process.getuid!() !== 0) return "it needs root on Linux";
  const tools = ["unshare", "nsenter", "chroot", "ip", "apt-get"];
  const absent = tools.find((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0);
  return absent === undefined ? null : `there is no ${absent} here`;
}

/** What is used of the official image of Node: the program, and the user. */
function baseImage(): Image {
  const layer = mkdtempSync(join(home, "layer-"));
  chmodSync(layer, 0o755);
  mkdirSync(join(layer, "usr/local/bin"), { recursive: true });
  copyFileSync(process.execPath, join(layer, "usr/local/bin/node"));
  const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
  const image = { layer, env, directory: "/", user: "root", described: {} };
  run(image, "id node > /dev/null 2>&1 || useradd --user-group --create-home node");
  return image;
}

function build({ image: from, steps }: Stage, others: ReadonlyMap<string, Image>): Image {
  const image = baseImage();
  console.log(`FROM ${from}, with this machine as a stand-in`);
  for (const step of steps) {
    console.log(`${step.name} ${step.text}`);
    perform(step, image, others);
  }
  return image;
}

function perform(step: Instruction, image: Image, others: ReadonlyMap<string, Image>): void {
  const { name, flags, text } = step;
  const expanded = text.replace(/\$\{?(\w+)\}?/g, (_, variable: string) => image.env[variable] ?? "");
  if (name === "RUN") run(image, text, flags);
  else if (name === "COPY") copy(image, expanded.split(/\s+/), flags, others);
  else if (name === "ENV") {
    const end = expanded.indexOf("=");
    image.env[expanded.slice(0, end)] = expanded.slice(end + 1);
  } else if (name === "WORKDIR") {
    image.directory = resolve(image.directory, expanded);
    mkdirSync(join(image.layer, image.directory), { recursive: true });
  } else if (name === "USER") image.user = expanded;
  else if (["CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "VOLUME"].includes(name))
    image.described[name] = step;
  else throw new Error(`${name} is not supported here`);
}

function run(image: Image, command: string, { mount, ...others }: Record<string, string> = {}): void {
  if (Object.keys(others).length > 0) throw new Error(`RUN has unknown flags: ${Object.keys(others)}`);
  const target = mount === undefined ? undefined : /^type=cache,target=(\S+)$/.exec(mount)?.[1];
  if (mount !== undefined && target === undefined) throw new Error(`RUN has an unknown mount: ${mount}`);
  const mounts = target === undefined ? [] : [`mount --bind ${npmCache} ROOT${target}`];
  const env = { ...image.env, HOME: "/root", npm_config_registry: registry };
  const [program, given] = inside(image, { command: ["sh", "-c", command], env, mounts });
  execFileSync(program, given, { stdio: ["ignore", "inherit", "inherit"] });
}

function copy(
  image: Image,
  places: string[],
  { from, ...others }: Record<string, string>,
  images: ReadonlyMap<string, Image>,
): void {
  if (Object.keys(others).length > 0) throw new Error(`COPY has unknown flags: ${Object.keys(others)}`);
  const to = places.pop()!;
  const target = join(image.layer, resolve(image.directory, to));
  const source = from === undefined ? ROOT : images.get(from)!.layer;
  for (const place of places) {
    const path = join(source, place);
    const isDirectory = statSync(path).isDirectory();
    const into = !isDirectory && to.endsWith("/") ? join(target, basename(path)) : target;
    if (from === undefined) copyContext(path, into);
    else cpSync(path, into, { recursive: true, verbatimSymlinks: true });
  }
}

/** Without what `.dockerignore` leaves out. */
function copyContext(from: string, to: string): void {
  const path = from.slice(ROOT.length + 1).replace(/\/$/, "");
  if (!statSync(from).isDirectory()) {
    if (ignored(path)) throw new Error(`.dockerignore leaves out ${path}`);
    cpSync(from, to);
    return;
  }
  // Exceptions are only found at the top level, which is where .dockerignore has them.
  for (const name of readdirSync(from)) {
    const below = path === "" ? name : `${path}/${name}`;
    if (!ignored(below)) copyWanted(join(from, name), join(to, name));
  }
}

function copyWanted(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (path) => !ignored(path.slice(ROOT.length + 1)) });
}

interface Inside {
  command: string[];
  env: Record<string, string>;
  user?: string;
  /** Commands that mount something below `ROOT`. */
  mounts?: string[];
  /** Read-only, and with a network of its own. */
  isContainer?: boolean;
}

/** A command line that runs a command in an image, with this machine's own directories hidden. */
function inside(
  image: Image,
  { command, env, user, mounts = [], isContainer = false }: Inside,
): [string, string[]] {
  const work = mkdtempSync(join(home, "work-"));
  const root = join(home, "root");
  mkdirSync(root, { recursive: true });
  const hidden = ["/tmp", "/home", tmpdir(), homedir(), ROOT].filter((path) => existsSync(path));
  const script = [
    "set -e",
    `mount -t overlay overlay -o lowerdir=/,upperdir=${image.layer},workdir=${work} ROOT`,
    "mount -t proc proc ROOT/proc",
    "mount --rbind /dev ROOT/dev",
    ...hidden.map((path) => `mount -t tmpfs -o mode=1777 tmpfs ROOT${path}`),
    ...mounts.flatMap((mount) => [`mkdir -p ${mount.split(" ").at(-1)}`, mount]),
    ...(isContainer ? ["mount -o remount,ro ROOT", "ip link set lo up"] : []),
    `exec chroot ${user === undefined ? "" : `--userspec=${user}:${user}`} ROOT env -i "$@"`,
  ];
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const start = ["sh", "-c", `cd '${image.directory}' && exec "$@"`, "sh"];
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child", ...(isContainer ? ["--net"] : [])];
  const lines = script.join("\n").replaceAll("ROOT", root);
  return ["unshare", [...namespaces, "sh", "-c", lines, "sh", ...variables, ...start, ...command]];
}

/** No development dependencies, and no sources. */
function checkFiles({ layer }: Image): void {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  const packages = Object.entries<{ dev?: true }>(lock.packages);
  const unwanted = packages.flatMap(([path, { dev }]) =>
    dev && existsSync(join(layer, "app", path)) ? [path] : [],
  );
  if (unwanted.length > 0) throw new Error(`The image has development dependencies: ${unwanted}`);
  const sources = globSync(join(layer, "app/packages/**/src"));
  if (sources.length > 0) throw new Error(`The image has sources: ${sources}`);
}

async function checkCommand(image: Image): Promise<void> {
  const { CMD, ENTRYPOINT, HEALTHCHECK, VOLUME } = image.described;
  if (image.user === "root") throw new Error("The command runs as root");
  const volume = VOLUME!.text;
  const data = mkdtempSync(join(home, "data-"));
  // Docker gives a new volume the owner that the directory has in the image.
  const { uid, gid } = statSync(join(image.layer, volume));
  chownSync(data, uid, gid);
  const [program, given] = inside(image, {
    command: [...listOf(ENTRYPOINT!.text), ...listOf(CMD!.text)],
    env: image.env,
    user: image.user,
    mounts: [`mount --bind ${data} ROOT${volume}`],
    isContainer: true,
  });
  const container = spawn(program, given, { stdio: ["ignore", "inherit", "inherit"] });
  const ended = once(container, "exit");
  await untilHealthy(container, image, listOf(HEALTHCHECK!.text), { uid, gid });
  if (!existsSync(join(data, "database"))) throw new Error(`The database is not in ${volume}`);
  process.kill(firstOf(container), "SIGTERM");
  const [code] = await Promise.race([ended, sleep(STOPPED_WITHIN * 1_000, ["no end"])]);
  if (code !== 0) throw new Error(`After SIGTERM it ended with ${code}`);
}

/** The process that has the id 1 in its container. */
function firstOf({ pid }: ChildProcess): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());
}

async function untilHealthy(
  container: ChildProcess,
  image: Image,
  command: string[],
  { uid, gid }: { uid: number; gid: number },
): Promise<void> {
  const variables = Object.entries(image.env).map(([name, value]) => `${name}=${value}`);
  for (let seconds = 0; seconds < HEALTHY_WITHIN; seconds++) {
    await sleep(1_000);
    if (container.exitCode !== null) throw new Error(`The command ended with ${container.exitCode}`);
    const target = `--target=${firstOf(container)}`;
    const namespaces = ["--mount", "--pid", "--net", "--root", `--setuid=${uid}`, `--setgid=${gid}`];
    const { status } = spawnSync("nsenter", [target, ...namespaces, "env", "-i", ...variables, ...command]);
    if (status === 0) return;
  }
  throw new Error(`It was not healthy within ${HEALTHY_WITHIN} seconds`);
}
