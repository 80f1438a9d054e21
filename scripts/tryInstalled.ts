/**
 * Tries the packages as somebody gets them: installs the tarballs of `npm run pack` into a fresh folder outside of the
 * repository, with an empty home, and runs the README's example there, in JavaScript and TypeScript, on the oldest Node
 * that is supported and on the newest, each of the example hosts, the command line, and what others check packages with.
 */
import { execFileSync, spawn } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import module from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TOOLS = ["typescript@7.0.2", "@types/node@24.19.2", "publint@0.3.25", "@arethetypeswrong/cli@0.18.5"];
const NODES = ["22.12.0", "24.21.0"];
/** Of the example hosts. */
const HOSTS = ["express", "fastify", "hono", "@hono/node-server"];

/** Generates types from an OpenAPI document; it needs TypeScript 5, whose compiler has an API. */
const GENERATOR = ["openapi-typescript@7.13.0", "typescript@5.9.3"];

/** A client that uses the types. */
const CLIENT = `import type { components, operations, paths } from "./api.d.ts";

type Schemas = components["schemas"];

export function lastOf({ last_message_data }: Schemas["Thread"]): Schemas["Message"] | null {
  return last_message_data;
}

export function senderOf(message: Schemas["Message"]): string {
  return message.sender_data?.first_name ?? "nobody";
}

export function texts({ results }: Schemas["MessagePage"]): string[] {
  return results.map(({ text }) => text);
}

// What has a default need not be there.
export const message: Schemas["NewMessage"] = { text: "Hello" };
export const state: Schemas["ThreadDetail"]["state"] = "scripted";
// @ts-expect-error there is no such state
export const noState: Schemas["ThreadDetail"]["state"] = "asleep";
export const problems: Schemas["FieldErrors"] = { text: ["REQUIRED"], items: [{}, { text: ["REQUIRED"] }] };
export const user: Schemas["UserId"] = 1;

type Post = operations["post_threads_thread_id_messages"];
export const body: NonNullable<Post["requestBody"]>["content"]["application/json"] = message;
export type Posted = Post["responses"][201]["content"]["application/json"];
export const posted = (answer: Posted): Schemas["ThreadDetail"] => answer.thread_data;
export const query: paths["/api/threads/{thread_id}/messages"]["get"]["parameters"]["query"] = { limit: 5, q: "pain" };
`;

const folder = mkdtempSync(join(tmpdir(), "colloquy-installed-"));
const home = join(folder, "home");
const project = join(folder, "project");
for (const path of [home, project]) mkdirSync(path);
const registry = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim();
const env = { PATH: pathOf(), HOME: home, npm_config_registry: registry, CI: "true" };

/** Without this workspace's own programs. */
function pathOf(): string {
  return process.env
    .PATH!.split(":")
    .filter((path) => !path.startsWith(ROOT))
    .join(":");
}

function run(command: string, ...given: string[]): string {
  return runIn(".", command, ...given);
}

function runIn(below: string, command: string, ...given: string[]): string {
  console.log(`$ ${command} ${given.join(" ")}`);
  const cwd = join(project, below);
  return execFileSync(command, given, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function versionHere(name: string): string {
  return JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8")).version;
}

function expect(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(what);
}

try {
  execFileSync("npm", ["run", "--silent", "pack"], { cwd: ROOT, stdio: "inherit" });
  const packs = globSync(`${ROOT}.colloquy/packs/*.tgz`).sort();
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "host", private: true, type: "module" }),
  );
  run("npm", "install", "--no-audit", "--no-fund", ...packs);
  run("npm", "install", "--no-audit", "--no-fund", ...HOSTS.map((name) => `${name}@${versionHere(name)}`));
  run("npm", "install", "--no-audit", "--no-fund", "--save-dev", ...TOOLS);
  for (const version of NODES) {
    mkdirSync(join(project, `node-${version}`));
    writeFileSync(join(project, `node-${version}`, "package.json"), `{"allowScripts": {"node": true}}`);
    runIn(`node-${version}`, "npm", "install", "--no-audit", "--no-fund", `node@${version}`);
  }

  mkdirSync(join(project, "client"));
  writeFileSync(join(project, "client/package.json"), JSON.stringify({ private: true, type: "module" }));
  runIn("client", "npm", "install", "--no-audit", "--no-fund", ...GENERATOR);

  const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, "README.md"), "utf8"))![1]!;
  writeFileSync(join(project, "example.ts"), example);
  writeFileSync(join(project, "example.js"), module.stripTypeScriptTypes(example));
  mkdirSync(join(project, "hosts"));
  for (const file of globSync(`${ROOT}examples/hosts/*.ts`)) {
    const code = module.stripTypeScriptTypes(readFileSync(file, "utf8"));
    writeFileSync(join(project, "hosts", `${basename(file, ".ts")}.js`), code.replaceAll('.ts"', '.js"'));
  }
  for (const [name, resolution] of [
    ["node", { module: "nodenext", moduleResolution: "nodenext" }],
    ["bundler", { module: "esnext", moduleResolution: "bundler" }],
  ] as const) {
    const compilerOptions = {
      ...resolution,
      target: "es2022",
      strict: true,
      skipLibCheck: false,
      types: ["node"],
      outDir: name,
    };
    writeFileSync(join(project, `${name}.json`), JSON.stringify({ compilerOptions, files: ["example.ts"] }));
    run("npx", "tsc", "-p", `${name}.json`);
  }
  // Whoever has an older Node is told so by the command line.
  env.PATH = `${join(project, `node-${NODES.at(-1)}`, "node_modules/.bin")}:${env.PATH}`;
  for (const version of NODES) {
    const node = join(project, `node-${version}/node_modules/.bin/node`);
    expect(run(node, "--version").trim() === `v${version}`, `That is no Node ${version}`);
    for (const file of ["example.js", "node/example.js", "hosts/check.js"]) run(node, file);
    expect(
      run(node, "node_modules/.bin/colloquy", "help").includes("Serve the API"),
      "The command line says nothing of serve",
    );
  }

  expect(run("npx", "colloquy", "--version").trim() !== "", "The command line has no version");
  await serve();
  for (const pack of packs) {
    run("npx", "publint", "--strict", pack);
    run("npx", "attw", pack, "--profile", "esm-only", "--no-emoji");
  }
  console.log("The packages can be installed and used.");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Serves by the command line until it answers, and stops it. */
async function serve(): Promise<void> {
  const child = spawn("npx", ["colloquy", "serve", "--dev", "--port", "0"], { cwd: project, env });
  const url = await new Promise<string>((resolve, reject) => {
    let said = "";
    const hear = (chunk: Buffer) => {
      said += chunk;
      const found = /http:\/\/[\w.:[\]]+\d/.exec(said)?.[0];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", () => reject(new Error(`It has stopped: ${said}`)));
  });
  for (const path of ["/healthz", "/api/docs", "/api/docs/scalar.js"]) {
    const { status } = await fetch(new URL(path, url));
    expect(status === 200, `${path} answers ${status}`);
  }
  makeClient(new URL("/api/openapi.json", url).href);
  child.kill("SIGTERM");
}

/** Generates types from the document of the server, and compiles a client that uses them. */
function makeClient(document: string): void {
  runIn("client", "npx", "openapi-typescript", document, "--output", "api.d.ts");
  writeFileSync(join(project, "client/client.ts"), CLIENT);
  const compilerOptions = { module: "nodenext", strict: true, noEmit: true, skipLibCheck: false, types: [] };
  writeFileSync(join(project, "client/tsconfig.json"), JSON.stringify({ compilerOptions }));
  runIn("client", "npx", "tsc");
}
