import type { SettingsInput } from "../settings.ts";
import { readConfigFile } from "./configFile.ts";
import { fromEnvironment } from "./environment.ts";
import { UsageError } from "./failures.ts";

export const DATABASE_OPTION = {
  database: {
    value: "WHERE",
    description:
      "postgres://…, a directory for the embedded database, or memory: (default .colloquy/database)",
  },
} as const;

export const SERVER_OPTIONS = {
  port: { value: "PORT", description: "port to listen on (default 8000); 0 takes a free one" },
  host: { value: "HOST", description: "address to listen on (default 127.0.0.1)" },
  ...DATABASE_OPTION,
  compat: { value: "chat_api", description: "answer in the shapes of chat_api 0.8.8" },
} as const;

type ServerValues = { [Name in keyof typeof SERVER_OPTIONS]?: string };

/** What options say, else the environment, else the configuration file. Unchecked; the defaults come later. */
export async function configuration(values: ServerValues): Promise<SettingsInput> {
  const file = await readConfigFile(process.cwd());
  return over(over(file, fromEnvironment(process.env)), fromOptions(values));
}

function fromOptions({ port, host, database, compat }: ServerValues): SettingsInput {
  if (port !== undefined && !/^\d+$/.test(port)) throw new UsageError("--port must be a number");
  return given({
    http: given({ port: port === undefined ? undefined : Number(port), host }),
    database,
    compat: compat as SettingsInput["compat"],
  });
}

/** Settings over others; a section is filled up, whatever else is replaced. */
export function over(below: SettingsInput, above: SettingsInput): SettingsInput {
  const merged: Record<string, unknown> = { ...below };
  for (const [name, value] of Object.entries(above))
    merged[name] = isSection(value) && isSection(merged[name]) ? { ...merged[name], ...value } : value;
  return merged;
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function given<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}
