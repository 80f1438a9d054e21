import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { expect, test } from "vitest";
import { markReadUpTo } from "../../packages/server/src/conversation/change/markRead.ts";
import { openDatabase } from "../../packages/server/src/database/database.ts";
import { breakBus } from "../support/breakBus.ts";
import { freshPostgres } from "../support/database.ts";
import { type HoldingDatabase, holdAnswers } from "../support/heldAnswers.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { lastUnread } from "../support/socket.ts";

// What one node misses while nothing carries wake-ups to it, at the worst of moments.

const WRITER = 2;
const READER = 3;
const OTHER = 4;

interface Nodes {
  database: HoldingDatabase;
  here: TestServer;
  there: TestServer;
  url: string;
}

async function twoNodes(): Promise<Nodes> {
  const url = await freshPostgres();
  const database = holdAnswers(await openDatabase(url));
  const here = await startServer({}, { database });
  const there = await startServer({}, { database: await openDatabase(url) });
  await hearEachOther(here, there);
  return { database, here, there, url };
}

/** Only the bus carries who is writing, and only where a node knows that it is not alone. */
async function hearEachOther(here: TestServer, there: TestServer): Promise<void> {
  const { id } = await here.colloquy.threads.create({ creator: WRITER });
  await here.colloquy.members.add(id, READER);
  for (const [speaker, hearer] of [
    [here, there],
    [there, here],
  ] as const) {
    const [writer, reader] = [await speaker.socket(WRITER), await hearer.socket(READER)];
    const isHeard = () => {
      writer.send({ message: "thread_someone_is_writing", data: { thread: id, length: 1 } });
      return reader.frames.some(({ message }) => message === "thread_someone_is_writing");
    };
    await expect.poll(isHeard, { interval: 300 }).toBe(true);
    await writer.close();
    await reader.close();
  }
}

const post = (node: TestServer, id: number, text: string, client_id?: string) =>
  node.as(WRITER).post(`/threads/${id}/messages`, { text, client_id });

const truth = async (node: TestServer, id: number) =>
  (await node.as(READER).get(`/threads/${id}?fields=unread`)).body.unread;

test("who joins meanwhile is told of all that is said from then on", async () => {
  const { database, here, there } = await twoNodes();
  const { id } = await there.colloquy.threads.create({ creator: WRITER });
  const socket = await here.socket(READER);
  await breakBus(database);
  await there.colloquy.members.add(id, READER);
  await post(there, id, "Welcome");
  await socket.next(({ data }) => data.text === "Welcome");
});

test("a push whose commit was under way has the right count", async () => {
  const { database, here } = await twoNodes();
  const { id } = await here.colloquy.threads.create({ creator: WRITER });
  await here.colloquy.members.add(id, READER);
  const socket = await here.socket(READER);
  for (const text of ["one", "two"]) {
    await post(here, id, text);
    await socket.next(({ data }) => data.text === text);
  }
  const { reached, release } = database.hold("thread_messages");
  const posted = post(here, id, "three");
  await reached;
  // A node that tells nobody: only that some wake-ups were lost is heard.
  await markReadUpTo(database, id, READER, 1_000);
  const lost = '{"from":"a third","wakes":[{"type":"lost"}]}';
  await database.query({ name: "test_lost", text: "select pg_notify('colloquy_wake', $1)" }, [lost]);
  expect((await socket.next(({ message }) => message === "unread_changed")).data.unread).toBe(0);
  release();
  await posted;
  await socket.next(({ data }) => data.text === "three");
  await expect.poll(() => lastUnread(socket.frames)).toBe(0);
  expect(await truth(here, id)).toBe(0);
});

test("what is read between two connections, while a message is being written, is not unread in it", async () => {
  const { here, url } = await twoNodes();
  const { id } = await here.colloquy.threads.create({ creator: WRITER });
  for (const user of [READER, OTHER]) await here.colloquy.members.add(id, user);
  const [first, other] = [await here.socket(READER), await here.socket(OTHER)];
  for (const text of ["one", "two"]) {
    await post(here, id, text);
    for (const socket of [first, other]) await socket.next(({ data }) => data.text === text);
  }
  // A transaction that may write the same message keeps ours waiting, after it has seen who watches.
  const client_id = "0d9c1d52-3a0b-4f0e-9a56-2f6f2a3c1b7e";
  const rival = new Client({ connectionString: url });
  await rival.connect();
  await rival.query("set search_path to colloquy; begin");
  await rival.query(
    "insert into message (thread_id, seq, sender_id, type, client_id) values ($1, 999, $2, 'message', $3)",
    [id, WRITER, client_id],
  );
  const posted = post(here, id, "three", client_id);
  await sleep(300);
  await first.close();
  await here.as(READER).get(`/threads/${id}/messages`);
  const second = await here.socket(READER);
  await rival.query("rollback");
  await rival.end();
  expect((await posted).status).toBe(201);
  await second.next(({ data }) => data.text === "three");
  await expect.poll(() => lastUnread(second.frames)).toBe(1);
  expect(await truth(here, id)).toBe(1);
});
