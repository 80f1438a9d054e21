/**
 * Makes the tarballs that are published, in `.colloquy/packs`: what `npm run build` made, without the sources, and with
 * a package.json that leads to it. Prints their paths.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, PACKAGES } from "./build.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const STAGE = join(ROOT, ".colloquy/stage");
const PACKS = join(ROOT, ".colloquy/packs");

interface Manifest {
  name: string;
  exports: Record<string, unknown>;
  [field: string]: unknown;
}

rmSync(STAGE, { recursive: true, force: true });
rmSync(PACKS, { recursive: true, force: true });
mkdirSync(PACKS, { recursive: true });
for (const one of PACKAGES) {
  build(one);
  console.log(pack(one.name));
}

function pack(name: string): string {
  const own = join(ROOT, "packages", name);
  const stage = join(STAGE, name);
  mkdirSync(stage, { recursive: true });
  for (const part of ["dist", "bin", "schema.json", "README.md"])
    if (existsSync(join(own, part))) cpSync(join(own, part), join(stage, part), { recursive: true });
  for (const part of ["LICENSE", "CHANGELOG.md"]) cpSync(join(ROOT, part), join(stage, part));
  writeFileSync(join(stage, "package.json"), `${JSON.stringify(manifestOf(own), null, 2)}\n`);
  const printed = execFileSync("npm", ["pack", "--json", "--pack-destination", PACKS], {
    cwd: stage,
    encoding: "utf8",
  });
  const [{ filename }] = JSON.parse(printed) as [{ filename: string }];
  return join(PACKS, filename);
}

function manifestOf(own: string): Manifest {
  const manifest: Manifest = JSON.parse(readFileSync(join(own, "package.json"), "utf8"));
  return {
    ...manifest,
    exports: {
      ...manifest.exports,
      ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./package.json": "./package.json",
    },
  };
}
