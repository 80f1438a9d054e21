/**
 * Writes the version, which the root's package.json says, into those of the packages, and into what they need of each
 * other. With `--check` it only compares.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { PACKAGES } from "./build.ts";

interface Manifest {
  version: string;
  dependencies?: Record<string, string>;
}

const read = (file: string): Manifest => JSON.parse(readFileSync(file, "utf8"));
const { version } = read("package.json");

for (const { name } of PACKAGES) {
  const file = `packages/${name}/package.json`;
  const manifest = read(file);
  const before = JSON.stringify(manifest);
  manifest.version = version;
  for (const other of Object.keys(manifest.dependencies ?? {}))
    if (other.startsWith("@colloquy/")) manifest.dependencies![other] = version;
  if (JSON.stringify(manifest) === before) continue;
  if (process.argv.includes("--check")) {
    console.error(`${file} is not of version ${version}: run node scripts/versions.ts`);
    process.exitCode = 1;
  } else writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
}
