/**
 * Posts a message to a thread in which somebody else has a socket open, and lists the files of the server that ran from
 * the request to the push: without the edges that every request passes (HTTP, database, people, limits, metrics). With
 * `--check` it fails where they are more than 25, or docs/inside.md does not lead to one of them.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { createColloquy } from "colloquy";
import { WebSocket } from "ws";

const MOST = 25;
const PAGE = "docs/inside.md";
const [WRITER, READER] = [2, 3];
const SOURCE = /packages\/server\/src\/(.+)$/;
/**
 * What every request passes, and hooks that only count or time; of `http/` what leads to the handler stays. A socket may
 * be pinged at any moment, and then its answer is counted, too.
 */
const EDGES =
  /^(?:(?:database|metrics|people|limits|idempotency|policies)\/|http\/(?!routes)|log\/(?:hostReader|reader)|realtime\/(?:heartbeat|inbox|tokenBucket)|runs\/arrivals|[^/]+$)/;

const colloquy = await createColloquy({
  database: "memory:",
  http: { port: 0, logLevel: "error" },
  findAccounts: (ids) => ids.map((id) => ({ id, first_name: `Person ${id}`, last_name: "", avatar: null })),
  authenticate: ({ headers }) => ({
    id: Number(headers["x-user"]),
    isSuperuser: false,
    language: null,
    timeZone: null,
  }),
});
const url = await colloquy.listen();
const { id } = await colloquy.threads.create({ creator: WRITER });
await colloquy.members.add(id, READER);
const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, { headers: { "x-user": String(READER) } });
await once(socket, "message");

/** Posts, and waits until it is pushed. */
async function post(text: string): Promise<void> {
  const pushed = new Promise<void>((resolve) => {
    const hear = (raw: Buffer) => {
      if (JSON.parse(String(raw)).data.text !== text) return;
      socket.off("message", hear);
      resolve();
    };
    socket.on("message", hear);
  });
  const response = await fetch(`${url}/api/threads/${id}/messages`, {
    method: "POST",
    headers: { "x-user": String(WRITER), "content-type": "application/json" },
    body: JSON.stringify({ text }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  await pushed;
}

for (const text of ["one", "two", "three"]) await post(text);
const inspector = new Session();
inspector.connect();
await inspector.post("Profiler.enable");
await inspector.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
await inspector.post("Profiler.takePreciseCoverage");
await post("followed");
const { result } = await inspector.post("Profiler.takePreciseCoverage");
socket.close();
await colloquy.close();

const ran = result
  .filter(({ functions }) => functions.some(({ ranges }) => ranges[0]!.count > 0))
  .flatMap(({ url }) => SOURCE.exec(url)?.[1] ?? [])
  .filter((file) => !EDGES.test(file))
  .sort();
console.log(`${ran.join("\n")}\n${ran.length} files`);

if (process.argv.includes("--check")) {
  const page = readFileSync(PAGE, "utf8");
  // The page names the port in place of what carries it here.
  const missing = ran.filter((file) => !page.includes(`/${file})`) && !file.startsWith("bus/"));
  if (missing.length > 0) console.error(`${PAGE} does not lead to ${missing.join(", ")}`);
  if (ran.length > MOST) console.error(`More than ${MOST}`);
  if (missing.length > 0 || ran.length > MOST) process.exitCode = 1;
}
