import { once } from "node:events";
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { openThread, option, publish } from "../../../../tests/journeys/flows.ts";
import { labelsOf, parseMetrics } from "../../../../tests/support/metrics.ts";
import { startServer, type TestServer } from "../../../../tests/support/server.ts";
import { type Frame, openSocket } from "../../../../tests/support/socket.ts";
import { type Colloquy, createColloquy } from "../createColloquy.ts";
import { COUNTERS, GAUGES, HISTOGRAMS, PREFIX } from "./definitions.ts";

const ME = 2;
const YOU = 3;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

const look = async (of = server) => parseMetrics((await of.colloquy.metrics()).text);

/** How much each grew that did, without the prefix, while something was done. */
async function growth(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await look();
  await work();
  const grown = [...(await look())].map(
    ([name, value]) => [name.replace(PREFIX, ""), value - (before.get(name) ?? 0)] as const,
  );
  return Object.fromEntries(grown.filter(([, by]) => by > 0));
}

const post = (thread: number, text: string, user = ME) =>
  server.as(user).post(`/threads/${thread}/messages`, { text });
const isMessage = ({ message }: Frame) => message === "message_created_or_updated";

test("all that is defined is told, and nothing else under our name", async () => {
  const { contentType, text } = await server.colloquy.metrics();
  expect(contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
  const told = [...text.matchAll(/^# TYPE colloquy_(\w+) (\w+)$/gm)].map(
    ([, name, type]) => `${type} ${name}`,
  );
  const kinds = { counter: COUNTERS, gauge: GAUGES, histogram: HISTOGRAMS };
  const defined = Object.entries(kinds).flatMap(([type, all]) =>
    Object.keys(all).map((name) => `${type} ${name}`),
  );
  expect(told.sort()).toEqual(defined.sort());
  expect(text).toContain("process_resident_memory_bytes ");
  expect(text).toContain("nodejs_eventloop_lag_p99_seconds ");
});

describe("requests", () => {
  const requests = (grown: Record<string, number>) =>
    Object.entries(grown)
      .filter(([sample]) => sample.startsWith("http_request_seconds_count"))
      .map(([sample, count]) => {
        const { method, route, status } = labelsOf(sample);
        return `${method} ${route} ${status}: ${count}`;
      })
      .sort();

  test("are told apart by the pattern of their address, however many addresses there are", async () => {
    const id = await openThread(server, ME);
    const grown = await growth(async () => {
      for (const thread of [id, id, 999_999]) await server.as(ME).get(`/threads/${thread}`);
      await post(id, "x");
      await fetch(`${server.url}/healthz`);
    });
    expect(requests(grown)).toEqual([
      "GET /api/threads/:thread_id 2xx: 2",
      "GET /api/threads/:thread_id 4xx: 1",
      "GET /healthz 2xx: 1",
      "POST /api/threads/:thread_id/messages 2xx: 1",
    ]);
  });

  test("for what nobody serves, and by odd methods, are one kind each", async () => {
    const grown = await growth(async () => {
      for (const path of ["/", "/api/nothing", "/api/nothing/7", "/.env"]) await fetch(server.url + path);
      await fetch(`${server.url}/api/accounts/me`, { method: "PROPFIND" });
      await fetch(`${server.url}/api/accounts/me`, { method: "LINK" });
    });
    expect(requests(grown)).toEqual(["GET unknown 4xx: 4", "other /api/accounts/me 4xx: 2"]);
  });

  test("that came too fast are counted by the limit that they met", async () => {
    for (const [limits, limit] of [
      [{ perMinutePerUser: 1 }, "person"],
      [{ perMinutePerIp: 1 }, "address"],
    ] as const) {
      const limited = await startServer({ limits });
      for (let n = 0; n < 3; n++) await limited.as(ME).get("/accounts/me");
      const sample = `colloquy_rate_limited_total{limit="${limit}"}`;
      // Asking for the document was one more.
      expect((await look(limited)).get(sample)).toBeGreaterThanOrEqual(2);
    }
  });
});

test("messages, answers and runs are counted as they are written", async () => {
  const flow = await publish(server, "counted", [
    { qid: 1, type: "choice", answers: [{ text: "Go on", next_qid: 2 }] },
    { qid: 2, type: "text", next_qid: -1 },
  ]);
  const grown = await growth(async () => {
    const { id } = await server.colloquy.threads.create({ creator: ME, state: "scripted", schema: flow.id });
    await server.as(ME).post(`/threads/${id}/messages`, { answers: [option(flow, 1, "Go on")] });
    await post(id, "an answer");
    await post(await openThread(server, ME), "a message");
    expect((await post(id, "")).status).toBe(400);
  });
  expect(grown).toMatchObject({
    // Two questions, two answers, and one besides.
    messages_posted_total: 5,
    'answers_total{in="chat"}': 2,
    runs_started_total: 1,
    runs_finished_total: 1,
  });
});

test("surveys are counted when they begin, are answered, and are complete; what is only verified is not", async () => {
  const flow = await publish(server, "survey", [
    { qid: 1, type: "text", required: true, next_qid: 2 },
    { qid: 2, type: "text", required: true, next_qid: -1 },
  ]);
  const entry = (qid: number) => ({ related_question: flow.questions.get(qid)!.id, text: "so", answers: [] });
  const grown = await growth(async () => {
    const { id } = await server.colloquy.surveys.create({ user: ME, schema: flow.id });
    const items = `/surveys/${id}/items`;
    expect((await server.as(ME).post(items, { ...entry(1), verify: true })).status).toBe(200);
    expect((await server.as(ME).post(items, entry(1))).status).toBe(201);
    expect((await server.as(ME).post(items, entry(2))).status).toBe(201);
  });
  expect(grown).toMatchObject({
    surveys_started_total: 1,
    'answers_total{in="survey"}': 2,
    surveys_completed_total: 1,
  });
});

describe("sockets", () => {
  afterEach(() => void vi.useRealTimers());

  test("are counted while they are open, with what they are pushed and how soon after the commit", async () => {
    const id = await openThread(server, ME, { [YOU]: 8191 });
    await expect.poll(async () => (await look()).get("colloquy_sockets_open")).toBe(0);
    const mine = await server.socket(ME);
    const yours = await server.socket(YOU);
    expect((await look()).get("colloquy_sockets_open")).toBe(2);

    const grown = await growth(async () => {
      for (const text of ["one", "two", "three"]) await post(id, text);
      for (const socket of [mine, yours]) for (let n = 0; n < 3; n++) await socket.next(isMessage);
      await expect
        .poll(async () => (await look()).get("colloquy_push_delay_seconds_count"))
        .toBeGreaterThan(0);
    });
    expect(grown['frames_pushed_total{name="message_created_or_updated"}']).toBe(6);
    await mine.close();
    await yours.close();
    await expect
      .poll(async () => (await look()).get('colloquy_sockets_closed_total{reason="client"}'))
      .toBe(2);
    expect(
      await look().then((all) => [
        all.get("colloquy_sockets_open"),
        all.get("colloquy_sockets_opened_total"),
      ]),
    ).toEqual([0, 2]);
  });

  test("that come back are counted, and what they are told again is late for nobody", async () => {
    const alone = await startServer();
    const id = await openThread(alone, ME, { [YOU]: 8191 });
    const write = (text: string) => alone.as(ME).post(`/threads/${id}/messages`, { text });
    const { event } = (await alone.as(YOU).get("/sync?since=none")).body;
    for (const text of ["one", "two"]) await write(text);

    const ws = `${alone.url.replace("http", "ws")}/ws`;
    const socket = await openSocket(`${ws}?since=${event}`, YOU);
    for (let n = 0; n < 2; n++) await socket.next(isMessage);
    socket.send({ message: "resume", data: { since: "nonsense" } });
    await socket.next(({ message }) => message === "resync");
    expect((await alone.as(YOU).get(`/sync?since=${event}`)).body.events).not.toHaveLength(0);
    const before = await look(alone);
    expect(before.get('colloquy_resumes_total{outcome="resumed"}')).toBe(2);
    expect(before.get('colloquy_resumes_total{outcome="resync"}')).toBe(2);
    expect(before.get("colloquy_syncs_total")).toBe(2);
    expect(before.get("colloquy_push_delay_seconds_count")).toBe(0);

    await write("three");
    await socket.next(isMessage);
    await expect.poll(async () => (await look(alone)).get("colloquy_push_delay_seconds_count")).toBe(1);
    await socket.close();
  });

  test("of who reads too slowly are told apart from those that their clients close", async () => {
    const alone = await startServer({ limits: { textLength: 1_000_000 } });
    const id = await openThread(alone, ME, { [YOU]: 8191 });
    const socket = new WebSocket(`${alone.url.replace("http", "ws")}/ws`, {
      headers: { "x-user-id": `${YOU}` },
    });
    await once(socket, "message");
    socket.pause();
    const text = "x".repeat(500_000);
    const waiting = async () => (await look(alone)).get("colloquy_sockets_buffered_bytes")!;
    // The system itself takes some of it off the server's hands, on every machine another part.
    for (let n = 0; n < 60 && (await waiting()) <= 2_097_152; n++)
      await alone.colloquy.messages.automate(id, { text });
    await expect.poll(waiting).toBeGreaterThan(1_048_576);
    // Who is too far behind is cut off with what would come next.
    await alone.colloquy.messages.automate(id, { text });
    socket.resume();
    const [code] = await once(socket, "close");
    expect(code).toBe(1013);
    await expect
      .poll(async () => (await look(alone)).get('colloquy_sockets_closed_total{reason="slow_reader"}'))
      .toBe(1);
    expect((await look(alone)).get('colloquy_sockets_closed_total{reason="client"}')).toBe(0);
  });

  test("that leave a ping unanswered are told apart, too, as those that a server closes when it stops", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const alone = await startServer();
    const address = `${alone.url.replace("http", "ws")}/ws`;
    const dead = new WebSocket(address, { headers: { "x-user-id": `${YOU}` }, autoPong: false });
    const living = new WebSocket(address, { headers: { "x-user-id": `${ME}` } });
    await Promise.all([once(dead, "message"), once(living, "message")]);
    const ended = once(dead, "close");
    const pinged = once(living, "ping");
    vi.advanceTimersByTime(30_000);
    await pinged;
    // What it sends next arrives after its answer to the ping.
    living.send("?");
    await once(living, "message");
    vi.advanceTimersByTime(30_000);
    await ended;
    expect((await look(alone)).get('colloquy_sockets_closed_total{reason="heartbeat"}')).toBe(1);
    const gone = once(living, "close");
    await alone.close();
    await gone;
    expect((await look(alone)).get('colloquy_sockets_closed_total{reason="going_away"}')).toBe(1);
  });

  test("that say too often who is writing are counted as refused", async () => {
    const id = await openThread(server, ME);
    const socket = await server.socket(ME);
    const grown = await growth(async () => {
      for (let n = 0; n < 12; n++)
        socket.send({ message: "thread_someone_is_writing", data: { thread: id, length: 1 } });
      await socket.next(({ data }) => data.code === "TOO_MANY");
    });
    expect(grown['rate_limited_total{limit="writing"}']).toBeGreaterThan(0);
    await socket.close();
  });
});

describe("the database", () => {
  test("is measured by the names of its statements", async () => {
    const id = await openThread(server, ME);
    const grown = await growth(() => post(id, "x"));
    expect(grown['database_statements_total{statement="thread_messages"}']).toBe(1);
    expect(grown['database_statement_seconds_total{statement="thread_messages"}']).toBeGreaterThan(0);
  });

  test("tells of its connections, and of the two ends of the log", async () => {
    const alone = await startServer({
      on: {
        member_joined() {
          throw new Error("The host is not well");
        },
      },
    });
    expect((await look(alone)).has("colloquy_log_oldest_event_seconds")).toBe(false);
    const id = await openThread(alone, ME);
    await alone.colloquy.messages.post(id, ME, { text: "x" });
    const { db } = alone.colloquy;
    await db.query({ name: "test_age", text: "update event set created = created - interval '1 hour'" });
    const all = await look(alone);
    for (const name of ["log_oldest_event_seconds", "host_behind_seconds"])
      expect(Math.round(all.get(PREFIX + name)! / 60)).toBe(60);
    const most = db.kind === "pglite" ? 1 : 10;
    expect(all.get("colloquy_database_connections_max")).toBe(most);
    expect(all.get("colloquy_database_waiting")).toBe(0);
    const open = ["busy", "idle"].map((state) => all.get(`colloquy_database_connections{state="${state}"}`)!);
    expect(open[0]! + open[1]!).toBeGreaterThan(0);
  });

  test("that hangs does not keep the metrics from being told", async () => {
    const alone = await startServer();
    await openThread(alone, ME);
    const letGo = Promise.withResolvers<void>();
    const { db } = alone.colloquy;
    const holding = Array.from({ length: db.connections().most }, () => db.transaction(() => letGo.promise));
    const all = await look(alone);
    letGo.resolve();
    await Promise.all(holding);
    expect(all.get("colloquy_database_waiting")).toBeGreaterThanOrEqual(0);
    expect(all.has("colloquy_log_oldest_event_seconds")).toBe(false);
    expect((await look(alone)).has("colloquy_log_oldest_event_seconds")).toBe(true);
  });
});

test("a second Colloquy in the process has counts of its own", async () => {
  const other = await startServer();
  const id = await openThread(other, ME);
  const grown = await growth(() => other.as(ME).post(`/threads/${id}/messages`, { text: "x" }));
  expect(grown).not.toHaveProperty("messages_posted_total");
  expect((await look(other)).get("colloquy_messages_posted_total")).toBe(1);
});

test("no id, name, text, token or address of anybody's is in a label", async () => {
  const alone = await startServer({ limits: { perMinutePerUser: 10_000 } });
  const marks: string[] = [];
  const mark = (what: string) => {
    marks.push(`zq${what}`);
    return `zq${what}`;
  };
  const flow = await publish(alone, mark("schema"), [
    { qid: 1, type: "choice", text: mark("question"), answers: [{ text: mark("option"), next_qid: 2 }] },
    { qid: 2, type: "text", next_qid: -1 },
  ]);
  const me = alone.as(ME);
  const thread = (await me.post(`/accounts/${ME}/threads/chat`, { title: mark("title") })).body.id;
  await me.post(`/threads/${thread}/messages`, { text: mark("text"), type: mark("type") });
  const { id } = await alone.colloquy.threads.create({ creator: ME, state: "scripted", schema: flow.id });
  await me.post(`/threads/${id}/messages`, { answers: [option(flow, 1, "zqoption")] });
  await me.get(`/threads/${id}/messages?${mark("query")}=${mark("value")}`);
  await me.get(`/schemas/${mark("name")}`);
  await me.get(`/threads/${mark("thread")}/members/${mark("member")}`);
  await fetch(`${alone.url}/${mark("path")}?token=${mark("token")}`, {
    headers: { authorization: `Bearer ${mark("bearer")}` },
  });
  await fetch(`${alone.url}/api/accounts/me`, {
    headers: { "user-agent": mark("agent"), "x-request-id": mark("request") },
  });
  const socket = await alone.socket(ME);
  socket.send({ message: mark("frame"), data: {} });
  await socket.next(({ message }) => message === "error");
  await alone.as(ME).get(`/sync?since=${mark("since")}`);
  await socket.close();
  await alone.colloquy.db
    .query({ name: "test_failing", text: `select '${mark("sql")}'::integer` })
    .catch(() => {});

  const { text } = await alone.colloquy.metrics();
  for (const word of marks) expect(text.toLowerCase()).not.toContain(word);
  const values = [...parseMetrics(text).keys()]
    .filter((sample) => sample.startsWith(PREFIX))
    .flatMap((sample) => Object.entries(labelsOf(sample)).filter(([label]) => label !== "le"));
  // Numbers would be ids; what is left are words of the program.
  for (const [, value] of values) expect(value).toMatch(/^([a-z_]+|[A-Z]+|[1-5]xx|(\/[:*a-z_.-]*)+)$/);
});

test("nothing serves them by itself: a host mounts them where it likes", async () => {
  expect((await fetch(`${server.url}/metrics`)).status).toBe(404);
  const host: Colloquy = await createColloquy(
    { http: { port: 0, logLevel: "silent" } },
    {
      database: server.colloquy.db,
      extend(app) {
        app.get("/inside/metrics", async (_request, out) => {
          const { contentType, text } = await host.metrics();
          return out.type(contentType).send(text);
        });
      },
    },
  );
  onTestFinished(host.close);
  const { headers, body } = await host.app.inject("/inside/metrics");
  expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(parseMetrics(body).get("colloquy_nodes")).toBe(1);
});
