/**
 * Builds the packages for publishing: JavaScript, declarations and source maps in `dist/`, of what their entries reach
 * and nothing else, with the files that they read at run time.
 */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface Package {
  name: string;
  /** From which everything that is published is reached. */
  entries: readonly string[];
  /** Read at run time, where they are beside the sources. */
  assets: readonly string[];
}

/** In the order in which they need each other. */
export const PACKAGES: readonly Package[] = [
  { name: "engine", entries: ["index.ts"], assets: [] },
  { name: "protocol", entries: ["index.ts"], assets: [] },
  {
    name: "server",
    entries: ["index.ts", "cli/main.ts"],
    assets: [
      "database/migrations",
      "database/generated",
      "demo/generated",
      "demo/page",
      "http/openapi/generated",
      "http/openapi/page",
    ],
  },
];

if (process.argv[1] === fileURLToPath(import.meta.url)) for (const one of PACKAGES) build(one);

export function build({ name, entries, assets }: Package): void {
  const source = join(ROOT, "packages", name, "src");
  const out = join(ROOT, "packages", name, "dist");
  rmSync(out, { recursive: true, force: true });
  const config = join(ROOT, ".colloquy/build", `${name}.json`);
  mkdirSync(dirname(config), { recursive: true });
  const options = {
    noEmit: false,
    declaration: true,
    sourceMap: true,
    inlineSources: true,
    rootDir: source,
    outDir: out,
    paths: Object.fromEntries(
      PACKAGES.filter((other) => other.name !== name).map((other) => [
        `@colloquy/${other.name}`,
        [join(ROOT, "packages", other.name, "dist/index.d.ts")],
      ]),
    ),
    typeRoots: [join(ROOT, "node_modules/@types")],
  };
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: options,
      include: [],
      files: entries.map((entry) => join(source, entry)),
    }),
  );
  execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", config], { stdio: "inherit" });
  // The compiler rewrites what JavaScript imports, and leaves declarations as they are.
  for (const file of globSync(`${out}/**/*.d.ts`)) {
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/((?:from|import)\s*\(?\s*"\.{1,2}\/[^"]+)\.ts"/g, '$1.js"'));
  }
  for (const asset of assets) cpSync(join(source, asset), join(out, asset), { recursive: true });
}
