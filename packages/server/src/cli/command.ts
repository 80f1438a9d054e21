import { parseArgs } from "node:util";
import { UsageError } from "./failures.ts";

/** An option; `value` names what must follow it, and a flag has none. */
export interface Option {
  value?: string;
  description: string;
}

type Options = Readonly<Record<string, Option>>;
type Values<Given extends Options> = {
  [Name in keyof Given]?: Given[Name] extends { value: string } ? string : boolean;
};

/** One thing that the command line does, as the list of them has it. */
export interface Listed {
  /** The words that call it: `schema load`. */
  name: string;
  summary: string;
  /** What follows beside options, as the help shows it; `FILE…` is one or more. */
  takes?: string;
  load(): Promise<Command>;
}

/** How it is done. */
export interface Command {
  options: Options;
  /** More for its own help. */
  details?: string;
  /** Does it; answers the exit code. @throws UsageError where it is called wrongly */
  call(as: Listed, args: string[]): Promise<number>;
}

export interface CommandDefinition<Given extends Options> extends Omit<Command, "call" | "options"> {
  options: Given;
  /** Returning nothing is success. */
  run(values: Values<Given>, taken: string[]): Promise<number | undefined>;
}

export function defineCommand<const Given extends Options>(definition: CommandDefinition<Given>): Command {
  const { run, ...described } = definition;
  return {
    ...described,
    async call(as, args) {
      const { values, positionals } = parse(as, described.options, args);
      return (await run(values as Values<Given>, positionals)) ?? 0;
    },
  };
}

function parse({ name, takes }: Listed, options: Options, args: string[]) {
  const config = Object.entries(options).map(([option, { value }]) => [
    option,
    { type: value === undefined ? "boolean" : "string" } as const,
  ]);
  const help = `\`colloquy ${name} --help\` tells more.`;
  try {
    const parsed = parseArgs({ args, options: Object.fromEntries(config), allowPositionals: true });
    const wrong = countProblem(takes, parsed.positionals);
    if (wrong !== null) throw new UsageError(`\`colloquy ${name}\` ${wrong}: ${help}`);
    return parsed;
  } catch (error) {
    if (!isParseError(error)) throw error;
    const [sentence] = error.message.split(/\.\s|\n/);
    throw new UsageError(`${sentence?.replace(/\.$/, "")}: ${help}`);
  }
}

function countProblem(takes: string | undefined, given: string[]): string | null {
  const most = takes === undefined ? 0 : takes.endsWith("…") ? Number.POSITIVE_INFINITY : 1;
  if (takes !== undefined && given.length === 0) return `needs ${takes}`;
  return given.length > most ? `does not take "${given[most]}"` : null;
}

function isParseError(error: unknown): error is Error {
  const { code } = error as { code?: string };
  return error instanceof Error && code?.startsWith("ERR_PARSE_ARGS") === true;
}
