#!/usr/bin/env node
// Plain JavaScript that any Node understands, to tell one that is too old. In the repository the sources run as
// they are; the package has them built beside.
import { existsSync } from "node:fs";
import module from "node:module";

const source = new URL("../src/cli/main.ts", import.meta.url);
const built = new URL("../dist/cli/main.js", import.meta.url);
const fromSource = existsSync(source);
const [major, minor] = process.versions.node.split(".").map(Number);

if (fromSource ? !process.features.typescript : major < 22 || (major === 22 && minor < 12)) {
  const needed = fromSource ? "22.18 or newer" : "22.12 or newer";
  const hint = fromSource ? "; after `npm ci`, `npm start` and `npx colloquy` find one by themselves" : "";
  process.stderr.write(`Colloquy needs Node ${needed}, and this is ${process.versions.node}${hint}\n`);
  process.exitCode = 1;
} else {
  // Half of what a short command takes is reading the program.
  module.enableCompileCache?.();
  const { main } = await import((fromSource ? source : built).href);
  process.exitCode = await main(process.argv.slice(2));
  // A database that failed to open may keep the process for ever. What was written has its time to get out.
  setTimeout(() => process.exit(), 1_000).unref();
}
