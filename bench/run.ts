import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Client } from "pg";
import { type PostgresServer, startPostgres } from "../tests/support/postgres.ts";
import { engine } from "./engine.ts";
import { flatInMembers } from "./flatInMembers.ts";
import { history } from "./history.ts";
import { idle } from "./idle.ts";
import { broadcast } from "./load/broadcast.ts";
import { nodes } from "./load/nodes.ts";
import { sockets } from "./load/sockets.ts";
import { load } from "./load.ts";
import { postAnswer } from "./postAnswer.ts";
import { postText } from "./postText.ts";
import { search } from "./search.ts";
import { type Figure, type Line, toLine, toTable } from "./support/figure.ts";
import type { Bench } from "./support/stage.ts";
import { surveyApi } from "./surveyApi.ts";
import { surveyExport } from "./surveyExport.ts";
import { surveyForm } from "./surveyForm.ts";
import { surveyImport } from "./surveyImport.ts";

const MEASUREMENTS: Record<string, (bench: Bench) => Promise<Figure[]>> = {
  "post text": postText,
  "post answer": postAnswer,
  "flat in members": flatInMembers,
  history,
  engine,
  idle,
  load,
  broadcast,
  sockets,
  "load nodes": nodes,
  search,
  "survey form": surveyForm,
  "survey api": surveyApi,
  "survey import": surveyImport,
  "survey export": surveyExport,
};

const USAGE = `npm run bench [-- --only NAME] [--json FILE] [--profile DIRECTORY]

Measures Colloquy on a PostgreSQL of its own that syncs every commit to disk. Compared figures are taken by turns
in the same run. --json writes them to a file, --profile writes the CPU profiles of the measured servers.
NAME is one of: ${Object.keys(MEASUREMENTS).join(", ")}`;

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    json: { type: "string" },
    profile: { type: "string" },
    help: { type: "boolean" },
  },
});

if (options.help || (options.only !== undefined && !Object.hasOwn(MEASUREMENTS, options.only))) {
  console.log(USAGE);
  process.exit(options.help ? 0 : 1);
}

const started = performance.now();
const postgres = await startPostgres({ durable: true });
try {
  const machine = await describeMachine(postgres);
  const lines: Line[] = [];
  for (const [name, measure] of Object.entries(MEASUREMENTS)) {
    if (options.only !== undefined && options.only !== name) continue;
    process.stderr.write(`${name} …\n`);
    lines.push(...(await measure({ postgres, profile: options.profile ?? null })).map(toLine));
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`\n${machine}; ${seconds} s\n\n${toTable(lines)}`);
  if (options.json !== undefined)
    await writeFile(options.json, `${JSON.stringify({ machine, seconds, figures: lines }, null, 2)}\n`);
} finally {
  await postgres.stop();
}

async function describeMachine({ url }: PostgresServer): Promise<string> {
  const client = new Client({ connectionString: url() });
  await client.connect();
  const show = async (setting: string) => (await client.query(`show ${setting}`)).rows[0][setting] as string;
  const durable = ["fsync", "synchronous_commit", "full_page_writes"];
  const settings: string[] = [];
  for (const name of durable) settings.push(`${name}=${await show(name)}`);
  const version = await show("server_version");
  await client.end();
  return `${availableParallelism()} cores, Node ${process.version}, PostgreSQL ${version} with ${settings.join(", ")}`;
}
