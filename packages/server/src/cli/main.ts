import leven from "leven";
import { VERSION } from "../version.ts";
import { commands } from "./commands.ts";
import { UsageError } from "./failures.ts";
import { helpOf, helpOfAll } from "./help.ts";
import { say } from "./say.ts";

const USAGE = 2;
const FAILED = 1;

/** Does what the arguments ask for; answers the exit code. */
export async function main(args: string[]): Promise<number> {
  process.stdout.on("error", endWithReader);
  try {
    return await obey(args);
  } catch (error) {
    // Knows the errors of everything; what was called has read them, and the version has not.
    const { sentenceOf } = await import("./sentences.ts");
    process.stderr.write(`${sentenceOf(error) ?? (error as Error)?.stack ?? error}\n`);
    return error instanceof UsageError ? USAGE : FAILED;
  }
}

/** A reader that has seen enough, as `head` does, is no failure. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
}

async function obey(args: string[]): Promise<number> {
  // `colloquy help serve` asks for what `colloquy serve --help` does.
  if (args[0] === "help") return obey([...args.slice(1), "--help"]);
  const wantsHelp = args.includes("--help") || args.includes("-h");
  const listed = commands.find(({ name }) => name.split(" ").every((word, index) => args[index] === word));
  if (listed !== undefined) {
    const command = await listed.load();
    if (wantsHelp) return shown(helpOf(listed, command));
    return command.call(listed, args.slice(listed.name.split(" ").length));
  }
  if (args[0] === "--version") return shown(VERSION);
  const words = args.filter((word) => !word.startsWith("-"));
  const group = commands.filter(({ name }) => name.startsWith(`${words[0]} `));
  const isGroup = words.length === 1 && group.length > 0;
  const help = isGroup ? helpOfAll(group, words) : helpOfAll(commands, []);
  if (wantsHelp && (isGroup || words.length === 0)) return shown(help);
  if (args.length === 0 || isGroup) throw new UsageError(help);
  throw new UsageError(`Unknown command ${args.join(" ")}: did you mean \`colloquy ${nearest(words)}\`?`);
}

function shown(text: string): number {
  say(text);
  return 0;
}

function nearest(words: string[]): string {
  const groups = commands.map(({ name }) => name.split(" ")[0]!);
  const given = words.slice(0, 2).join(" ");
  return [...commands.map(({ name }) => name), ...groups].reduce((best, known) =>
    leven(known, given) < leven(best, given) ? known : best,
  );
}
