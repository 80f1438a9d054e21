import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { SettingsInput } from "../settings.ts";
import { Refusal } from "./failures.ts";

const NAMES = ["colloquy.config.ts", "colloquy.config.js", "colloquy.config.json"];

/** What `colloquy.config.ts`, `.js` (its default export) or `.json` in a directory says; no file says nothing. */
export async function readConfigFile(directory: string): Promise<SettingsInput> {
  const present = NAMES.filter((name) => existsSync(join(directory, name)));
  const [name, another] = present;
  if (name === undefined) return {};
  if (another !== undefined) throw new Refusal(`There are ${name} and ${another}: keep only one`);
  const settings: unknown = await load(join(directory, name)).catch((error) => {
    throw new Refusal(`${name} cannot be read: ${(error as Error).message}`);
  });
  if (typeof settings !== "object" || settings === null)
    throw new Refusal(
      `${name} must ${name.endsWith(".json") ? "hold" : "export by default"} an object of settings`,
    );
  return settings;
}

async function load(file: string): Promise<unknown> {
  if (file.endsWith(".json")) return JSON.parse(await readFile(file, "utf8"));
  return (await import(pathToFileURL(file).href)).default;
}
