/**
 * Imports run one way: engine ← protocol ← server, and inside the server from each floor to those below it. What runs in
 * browsers too knows nothing of Node. Fails with every line that breaks this, and with every circle of files or folders.
 * Tests may import what they need.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Package → the packages that it may import, and whether it may use Node's own modules. */
const ALLOWED: Record<string, { packages: readonly string[]; node: boolean }> = {
  engine: { packages: [], node: false },
  protocol: { packages: ["@colloquy/engine"], node: false },
  server: { packages: ["@colloquy/engine", "@colloquy/protocol"], node: true },
};

/**
 * The server's folders from the ground up. A folder may import from lower floors, and on its own floor from what is below
 * it in the same folder. "." is where everything is put together: all of `Core` is for that floor and those above.
 */
const FLOORS: readonly (readonly string[])[] = [
  ["database", "policies", "storage"],
  ["bus"],
  ["log"],
  ["metrics", "http"],
  ["realtime", "people", "idempotency", "limits"],
  ["schemas"],
  ["conversation"],
  ["runs"],
  ["members"],
  ["attachments"],
  ["messages"],
  ["threads", "surveys"],
  ["search"],
  ["service"],
  ["."],
  ["demo"],
  ["cli"],
];

const OURS = /^(?:colloquy|@colloquy\/)/;
const IMPORT = /(?:from|import)\s*\(?\s*"([^"]+)"/;

interface Import {
  file: string;
  line: number;
  text: string;
  source: string;
}

function importsOf(file: string): Import[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((text, index) => {
      const source = IMPORT.exec(text)?.[1];
      return source === undefined ? [] : [{ file, line: index + 1, text: text.trim(), source }];
    });
}

const wrong: string[] = [];
const report = ({ file, line, text }: Import, why: string) => wrong.push(`${file}:${line}: ${text} (${why})`);

/** File → the files of its package that it imports. */
const imported = new Map<string, Set<string>>();

for (const [name, { packages, node }] of Object.entries(ALLOWED)) {
  const root = `packages/${name}/src`;
  for (const file of globSync(`${root}/**/*.ts`)) {
    if (file.endsWith(".test.ts")) continue;
    const own = new Set<string>();
    imported.set(file, own);
    for (const one of importsOf(file)) {
      const { source } = one;
      if (OURS.test(source) && !packages.includes(source)) report(one, "a package above");
      if (!node && source.startsWith("node:")) report(one, "browsers have no Node");
      if (!source.startsWith(".")) continue;
      const target = join(dirname(file), source);
      if (relative(root, target).startsWith("..")) report(one, "outside of its package");
      else own.add(target);
      if (name === "server") checkFloors(one, relative(root, file), relative(root, target));
    }
  }
}

function checkFloors(one: Import, file: string, target: string): void {
  const [from, to] = [floorOf(file), floorOf(target)];
  if (from === null || to === null) report(one, "a folder without a floor");
  else if (to.floor > from.floor) report(one, `${to.folder}/ stands above ${from.folder}/`);
  else if (to.floor === from.floor && to.folder !== from.folder)
    report(one, `${to.folder}/ stands on the same floor`);
}

function floorOf(file: string): { folder: string; floor: number } | null {
  const folder = file.includes("/") ? file.slice(0, file.indexOf("/")) : ".";
  const floor = FLOORS.findIndex((folders) => folders.includes(folder));
  return floor < 0 ? null : { folder, floor };
}

/** A way from each to itself, of files or of folders: each circle is found once. */
function circlesOf(edges: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  function visit(node: string): void {
    const at = path.indexOf(node);
    if (at >= 0) circles.push([...path.slice(at), node]);
    if (at >= 0 || done.has(node)) return;
    path.push(node);
    for (const next of edges.get(node) ?? []) visit(next);
    path.pop();
    done.add(node);
  }
  for (const node of edges.keys()) visit(node);
  return circles;
}

const folders = new Map<string, Set<string>>();
for (const [file, targets] of imported)
  for (const target of targets) {
    const [from, to] = [dirname(file), dirname(target)];
    if (from === to) continue;
    folders.set(from, (folders.get(from) ?? new Set()).add(to));
  }

const serverOnly = (path: string) => path.startsWith("packages/server/");
for (const [kind, edges] of [
  ["files", imported],
  ["folders", folders],
] as const)
  for (const circle of circlesOf(edges))
    if (circle.every(serverOnly)) wrong.push(`A circle of ${kind}: ${circle.join(" → ")}`);

if (wrong.length > 0) {
  console.error(
    `Imports against the direction engine ← protocol ← server, or its floors:\n${wrong.join("\n")}`,
  );
  process.exitCode = 1;
} else console.log("Imports run one way.");
