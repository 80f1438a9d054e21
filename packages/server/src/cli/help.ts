import type { Command, Listed } from "./command.ts";

/** What a command does and takes. */
export function helpOf({ name, summary, takes }: Listed, { options, details }: Command): string {
  const usage = ["colloquy", name, takes, Object.keys(options).length > 0 ? "[OPTIONS]" : undefined];
  const rows = Object.entries(options).map(([option, { value, description }]): [string, string] => [
    `--${option}${value === undefined ? "" : ` ${value}`}`,
    description,
  ]);
  return joined([
    `${summary}.`,
    `Usage: ${usage.filter((part) => part !== undefined).join(" ")}`,
    table([...rows, ["--help", "Show this help"]]),
    details,
  ]);
}

/** The commands that begin with some words; with none, all of them. */
export function helpOfAll(commands: readonly Listed[], words: readonly string[]): string {
  const rows = commands.map(({ name, takes, summary }): [string, string] => [
    [name, takes].filter((part) => part !== undefined).join(" "),
    summary,
  ]);
  return joined([
    words.length === 0 ? "Colloquy: conversations that are partly scripted." : undefined,
    `Usage: ${["colloquy", ...words].join(" ")} COMMAND [OPTIONS]`,
    table(rows),
    words.length === 0 ? SETTINGS : undefined,
    `\`colloquy ${[...words, "COMMAND"].join(" ")} --help\` describes one of them.`,
  ]);
}

const SETTINGS = `Settings come from options, then the environment (COLLOQUY_PORT, COLLOQUY_HOST, COLLOQUY_DATABASE,
COLLOQUY_COMPAT and COLLOQUY_SECTION_NAME: COLLOQUY_AUTH_SECRET is auth.secret), then
colloquy.config.ts, .js or .json in the working directory, then the defaults.`;

function table(rows: [string, string][]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}

function joined(parts: (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join("\n\n");
}
