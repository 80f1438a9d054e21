/**
 * Imports run one way, engine ← protocol ← server, and what runs in browsers too knows nothing of Node.
 * Fails with every line that breaks this. Tests may import what they need.
 */
import { globSync, readFileSync } from "node:fs";

/** Package → the packages that it may import, and whether it may use Node's own modules. */
const ALLOWED: Record<string, { packages: readonly string[]; node: boolean }> = {
  engine: { packages: [], node: false },
  protocol: { packages: ["@colloquy/engine"], node: false },
  server: { packages: ["@colloquy/engine", "@colloquy/protocol"], node: true },
};

const OURS = /^(?:colloquy|@colloquy\/)/;
const IMPORT = /(?:from|import)\s*\(?\s*"([^"]+)"/;

const wrong: string[] = [];
for (const [name, { packages, node }] of Object.entries(ALLOWED)) {
  const root = `packages/${name}/src/`;
  for (const file of globSync(`${root}**/*.ts`)) {
    if (file.endsWith(".test.ts")) continue;
    for (const [index, line] of readFileSync(file, "utf8").split("\n").entries()) {
      const source = IMPORT.exec(line)?.[1];
      if (source === undefined) continue;
      const foreign = OURS.test(source) && !packages.includes(source);
      const outside =
        source.startsWith(".") && !new URL(source, `file:///${file}`).pathname.startsWith(`/${root}`);
      if (foreign || outside || (!node && source.startsWith("node:")))
        wrong.push(`${file}:${index + 1}: ${line.trim()}`);
    }
  }
}

if (wrong.length > 0) {
  console.error(`Imports against the direction engine ← protocol ← server:\n${wrong.join("\n")}`);
  process.exitCode = 1;
} else console.log("Imports run one way.");
