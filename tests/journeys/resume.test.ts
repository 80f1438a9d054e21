import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { UserId } from "../../packages/server/src/index.ts";
import { purgeLog } from "../../packages/server/src/log/retention.ts";
import { person } from "../support/people.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type Frame, openSocket, type TestSocket } from "../support/socket.ts";

// Spec 5: a client that comes back with its last token gets every event that it missed exactly once, in thread order.

const PATIENT = person(2);
const DOCTOR = person(3);
const OTHER = person(4);

let server: TestServer;
const open: TestSocket[] = [];

beforeAll(async () => {
  server = await startServer();
});

async function thread(...users: UserId[]): Promise<number> {
  const { id } = await server.colloquy.threads.create({ creator: PATIENT, permissions: 8191 });
  for (const user of users) await server.colloquy.members.add(id, user);
  return id;
}

const post = async (id: number, text: string, user = PATIENT) => {
  expect((await server.as(user).post(`/threads/${id}/messages`, { text })).status).toBe(201);
};

/** A socket of the doctor that goes on from a token. */
async function from(token: string, user = DOCTOR): Promise<TestSocket> {
  const address = `${server.url.replace("http", "ws")}/ws?since=${encodeURIComponent(token)}`;
  const socket = await openSocket(address, user);
  open.push(socket);
  return socket;
}

const isMessage = ({ message }: Frame) => message === "message_created_or_updated";
const texts = (frames: readonly Frame[], id?: number) =>
  frames
    .filter((frame) => isMessage(frame) && (id === undefined || frame.data.thread === id))
    .map(({ data }) => data.text);

/** What a client keeps: the token of the last frame, at first that of hello. */
const lastToken = (frames: readonly Frame[]): string => {
  const { event, data } = frames.findLast((frame) => frame.event ?? frame.data.event)!;
  return event ?? data.event;
};

/** Waits until a socket has been pushed so many messages, and a little longer for what should not come. */
async function settled(socket: TestSocket, count: number): Promise<Frame[]> {
  await expect.poll(() => texts(socket.frames).length).toBeGreaterThanOrEqual(count);
  await sleep(60);
  return socket.frames;
}

describe("who comes back with the last token", () => {
  test("is told what they missed, in the order of each thread, and then what follows", async () => {
    const [one, two] = [await thread(DOCTOR), await thread(DOCTOR)];
    const first = await server.socket(DOCTOR);
    await post(one, "one 1");
    await post(two, "two 1");
    const before = await settled(first, 2);
    await first.close();

    for (const n of [2, 3]) {
      await post(one, `one ${n}`);
      await post(two, `two ${n}`);
    }
    const second = await from(lastToken(before));
    expect(second.frames[0]!.message).toBe("hello");
    await settled(second, 4);
    await post(one, "one 4");
    const after = await settled(second, 5);
    expect(texts(after, one)).toEqual(["one 2", "one 3", "one 4"]);
    expect(texts(after, two)).toEqual(["two 2", "two 3"]);
  });

  test("may also say so in a frame, and hears nothing twice", async () => {
    const id = await thread(DOCTOR);
    const first = await server.socket(DOCTOR);
    await post(id, "seen");
    const token = lastToken(await settled(first, 1));
    await first.close();
    await post(id, "missed 1");
    await post(id, "missed 2");

    const second = await server.socket(DOCTOR);
    const resuming = post(id, "meanwhile");
    second.send({ message: "resume", data: { since: token } });
    await resuming;
    await post(id, "after");
    expect(texts(await settled(second, 4), id)).toEqual(["missed 1", "missed 2", "meanwhile", "after"]);
  });

  test("may say so late, and hears nothing twice though much is said meanwhile", async () => {
    for (let round = 0; round < 5; round++) {
      const ids = await Promise.all(Array.from({ length: 10 }, () => thread(DOCTOR)));
      const { body } = await server.as(DOCTOR).get("/sync?since=x");
      for (const id of ids) await post(id, "missed");
      const socket = await server.socket(DOCTOR);
      // Its pushes are not kept for it any more.
      await sleep(150);
      const posting = Promise.all(ids.map((id) => post(id, "meanwhile")));
      socket.send({ message: "resume", data: { since: body.event } });
      await posting;
      const since = () => {
        const from = socket.frames.findIndex(({ message }) => message === "resumed");
        return from < 0 ? [] : socket.frames.slice(from);
      };
      await expect.poll(() => texts(since()).length).toBeGreaterThanOrEqual(20);
      await sleep(60);
      for (const id of ids) expect(texts(since(), id)).toEqual(["missed", "meanwhile"]);
      await socket.close();
    }
  });

  test("hears of edits, deletions, surveys, and how much is unread, too", async () => {
    const id = await thread(DOCTOR);
    const schema = await server.colloquy.schemas.load({
      format: "colloquy.schema/1",
      name: "resumed",
      type: "survey",
      questions: [{ qid: 1, type: "text", text: "?", next_qid: -1 }],
    });
    const mine = await server.as(PATIENT).post(`/threads/${id}/messages`, { text: "first" });
    const first = await server.socket(DOCTOR);
    const token = lastToken(first.frames);
    await first.close();

    await server.as(PATIENT).patch(`/threads/${id}/messages/${mine.body.id}`, { text: "edited" });
    await post(id, "gone");
    const { body } = await server.as(PATIENT).get(`/threads/${id}/messages`);
    await server.as(PATIENT).delete(`/threads/${id}/messages/${body.results[1].id}`);
    const survey = await server.colloquy.surveys.create({ user: DOCTOR, schema: schema.id });
    await server.colloquy.surveys.answer(survey.id, [
      { related_question: schema.questions[0]!.id, text: "x" },
    ]);

    const second = await from(token);
    await second.next(({ message, data }) => message === "survey_updated" && data.id === survey.id);
    const unread = await second.next(
      ({ message, data }) => message === "unread_changed" && data.thread === id,
    );
    expect(unread.data).toEqual({ thread: id, unread: 1, read: [] });
    const messages = second.frames.filter((frame) => isMessage(frame) && frame.data.thread === id);
    expect(messages[0]!.data.text).toBe("edited");
    expect(messages.at(-1)!.data).toEqual({ id: body.results[1].id, thread: id, deleted: true });
  });

  test("is told anew of a thread that they left and came back to", async () => {
    const id = await thread(DOCTOR);
    const first = await server.socket(DOCTOR);
    const token = lastToken(first.frames);
    await first.close();
    await server.colloquy.members.remove(id, DOCTOR);
    await post(id, "between others");
    await server.colloquy.members.add(id, DOCTOR);
    await post(id, "welcome back");
    const frames = await settled(await from(token), 1);
    const told = frames
      .filter(({ message, data }) => message === "thread_updated" && data.id === id)
      .map(({ data }) => data.deleted === true);
    expect(told).toEqual([true, false]);
    expect(texts(frames, id)).toEqual(["welcome back"]);
  });

  test("hears nothing of threads that they have left, and of new ones from when they joined", async () => {
    const [left, joined] = [await thread(DOCTOR), await thread()];
    const first = await server.socket(DOCTOR);
    await post(left, "before");
    const token = lastToken(await settled(first, 1));
    await first.close();
    await post(left, "missed, and then removed");
    await server.colloquy.members.remove(left, DOCTOR);
    await post(joined, "not for the doctor yet");
    await server.colloquy.members.add(joined, DOCTOR);
    await post(joined, "welcome");
    const second = await from(token);
    const frames = await settled(second, 1);
    expect(texts(frames)).toEqual(["welcome"]);
    expect(frames.filter(({ data }) => data.id === left).map(({ data }) => data)).toEqual([
      { id: left, deleted: true },
    ]);
  });
});

describe("a token", () => {
  test.each([
    "",
    "x",
    "1.2",
    "zzzzzzzzzz.5",
    `zzzzzzzzzz.5;1:2`,
    "🙂",
    `a.${"9".repeat(19)}`,
    "a".repeat(5_000),
  ])("that is none of this database asks for everything anew: %.20s", async (token) => {
    const { body } = await server.as(DOCTOR).get(`/sync?since=${encodeURIComponent(token)}`);
    expect(body).toEqual({ event: expect.any(String), resync: true, more: false, events: [] });
    const socket = await server.socket(DOCTOR);
    socket.send({ message: "resume", data: { since: token } });
    const { event } = await socket.next(({ message }) => message === "resync");
    expect((await server.as(DOCTOR).get(`/sync?since=${encodeURIComponent(event!)}`)).body.resync).toBe(
      false,
    );
    await socket.close();
  });

  test("that is none of this database stays what one has until one is told to fetch anew", async () => {
    const socket = await from("zzzzzzzzzz.5");
    expect(socket.frames[0]!.data.event).toBe("zzzzzzzzzz.5");
    const { event } = await socket.next(({ message }) => message === "resync");
    expect((await server.as(DOCTOR).get(`/sync?since=${event}`)).body.resync).toBe(false);
  });

  test("never claims more than the log has: after a crash, ids of transactions that left nothing come again", async () => {
    await post(await thread(DOCTOR), "the newest");
    const { db } = server.colloquy;
    for (let n = 0; n < 20; n++)
      await db
        .transaction(async (tx) => {
          await tx.query({ name: "test_burn", text: "select pg_current_xact_id()" });
          throw new Error("Rolled back");
        })
        .catch(() => {});
    const { body } = await server.as(DOCTOR).get("/sync?since=x");
    const base = BigInt(/\.(\d+)/.exec(body.event)![1]!);
    const [newest] = await db.query<{ xid: string }>({
      name: "test_newest",
      text: "select xid::text as xid from event order by event.xid desc limit 1",
    });
    expect(base).toBeLessThanOrEqual(BigInt(newest!.xid) + 1n);
  });

  test("of before what the log has kept asks for everything anew", async () => {
    const { body } = await server.as(DOCTOR).get("/sync?since=x");
    const { db } = server.colloquy;
    const set = (xid: string) =>
      db.query({ name: "test_horizon", text: "update event_horizon set xid = $1::xid8" }, [xid]);
    await set("999999999");
    expect((await server.as(DOCTOR).get(`/sync?since=${body.event}`)).body.resync).toBe(true);
    await set("0");
    expect((await server.as(DOCTOR).get(`/sync?since=${body.event}`)).body.resync).toBe(false);
  });

  test("is good as long as the log is kept, which deletes nothing that a host has not had", async () => {
    const id = await thread(DOCTOR);
    const { db } = server.colloquy;
    const sync = async (since: string) => (await server.as(DOCTOR).get(`/sync?since=${since}`)).body;
    const old = await sync("x");
    await post(id, "long ago");
    const age = (hours: number) =>
      db.query({ name: "test_age", text: "update event set created = now() - make_interval(hours => $1)" }, [
        hours,
      ]);
    const read = (name: string) =>
      db.query({
        name: `test_${name}`,
        text: `insert into event_reader (name, xid, id) values ('host', ${name}, 0)
          on conflict (name) do update set xid = excluded.xid, id = 0`,
      });

    await age(25);
    await read("'1'");
    expect(await purgeLog(db, 24)).toBe(0);
    await read("pg_snapshot_xmin(pg_current_snapshot())");
    expect(await purgeLog(db, 26)).toBe(0);
    expect(texts((await sync(old.event)).events, id)).toEqual(["long ago"]);
    // What is younger than the oldest transaction under way, in any database of the server, is let be.
    await expect
      .poll(async () => {
        await read("pg_snapshot_xmax(pg_current_snapshot())");
        await purgeLog(db, 24);
        return (await sync(old.event)).resync;
      })
      .toBe(true);
    const anew = (await sync(old.event)).event;
    await post(id, "and now");
    expect(texts((await sync(anew)).events, id)).toEqual(["and now"]);
  });

  test("is good for no longer than a week where a host is there no more, or never was", async () => {
    const { db } = server.colloquy;
    const oldest = async () =>
      (await db.query<{ count: number }>({ name: "test_count", text: "select count(*) from event" }))[0]!
        .count;
    const age = (days: number) =>
      db.query(
        { name: "test_age_days", text: "update event set created = now() - make_interval(days => $1)" },
        [days],
      );
    const emptied = () =>
      expect
        .poll(async () => {
          await purgeLog(db, 24);
          return oldest();
        })
        .toBe(0);
    await post(await thread(DOCTOR), "unheard");
    await db.query({ name: "test_behind", text: "update event_reader set xid = '1', id = 0" });
    await age(6);
    expect(await purgeLog(db, 24)).toBe(0);
    await age(8);
    await emptied();

    await db.query({ name: "test_no_reader", text: "delete from event_reader" });
    await post(await thread(DOCTOR), "for nobody");
    await age(2);
    await emptied();
  });

  test("is missing: the query says so", async () => {
    expect(await server.as(DOCTOR).get("/sync")).toMatchObject({
      status: 400,
      body: { since: ["This field is required."] },
    });
    expect((await server.as(null).get("/sync?since=x")).status).toBe(401);
  });

  test("stays short, however many threads are told of", async () => {
    const ids: number[] = [];
    for (let count = 0; count < 40; count++) ids.push(await thread(OTHER));
    const socket = await server.socket(OTHER);
    for (const id of ids) await post(id, `in ${id}`);
    const frames = await settled(socket, 40);
    // What is younger than the oldest transaction under way, in any database of the server, stays in it for a while.
    await expect
      .poll(async () => {
        await post(ids[0]!, "and more");
        await sleep(60);
        return lastToken(frames).split(",").length;
      })
      .toBeLessThan(25);
    await socket.close();
    await post(ids[3]!, "missed");
    expect(texts((await server.as(OTHER).get(`/sync?since=${lastToken(frames)}`)).body.events)).toEqual([
      "missed",
    ]);
  });
});

test("/sync gives what a socket would have, and a token to go on from", async () => {
  const id = await thread(DOCTOR);
  const sync = async (since: string) => (await server.as(DOCTOR).get(`/sync?since=${since}`)).body;
  const start = await sync("x");
  await post(id, "one");
  await post(id, "two");
  const first = await sync(start.event);
  expect(texts(first.events, id)).toEqual(["one", "two"]);
  expect(first.events.find(isMessage).data).toMatchObject({ is_own: false, thread_data: { id } });
  expect(texts((await sync(start.event)).events, id)).toEqual(["one", "two"]);
  await post(id, "three");
  const second = await sync(first.event);
  expect(texts(second.events, id)).toEqual(["three"]);
  expect(texts((await sync(second.event)).events, id)).toEqual([]);
});

test("a client that breaks off again and again while many write hears each message once, in order", async () => {
  const ids = [await thread(DOCTOR), await thread(DOCTOR), await thread(DOCTOR)];
  const total = 150;
  let token = lastToken((await server.socket(DOCTOR)).frames);
  const began = token;
  let writing = true;
  const writers = Promise.all(
    [0, 1, 2, 3, 4].map(async (writer) => {
      for (let n = 0; n < total / 5; n++)
        await post(ids[(writer + n) % 3]!, `${writer}.${n}`, n % 2 ? PATIENT : DOCTOR);
    }),
  ).finally(() => {
    writing = false;
  });

  const heard: Frame[] = [];
  // However slow the machine is: some of these connections have to get somewhere.
  for (let round = 0; writing || round < 3 || token === began; round++) {
    const socket = round % 2 ? await from(token) : await server.socket(DOCTOR);
    if (round % 2 === 0) socket.send({ message: "resume", data: { since: token } });
    await sleep(20 + ((round * 37) % 120));
    // Whatever arrives from now on is lost with the connection: only what was got counts.
    const all = socket.frames.slice();
    const answered = all.findIndex(({ message }) => message === "resumed");
    // What comes before the answer to a resume comes again after it.
    const got = round % 2 ? all : answered < 0 ? [] : all.slice(answered);
    heard.push(...got);
    token = got.findLast(({ event }) => event !== undefined)?.event ?? token;
    await socket.close();
  }
  await writers;
  const rest = (await server.as(DOCTOR).get(`/sync?since=${encodeURIComponent(token)}`)).body;
  heard.push(...rest.events);

  for (const id of ids) {
    const { body } = await server.as(PATIENT).get(`/threads/${id}/messages?limit=100`);
    expect(texts(heard, id)).toEqual(body.results.map(({ text }: { text: string }) => text));
  }
  expect(ids.flatMap((id) => texts(heard, id))).toHaveLength(total);
  // What earlier tests had not finished saying is heard once, too.
  const told = heard.filter(({ message }) => message === "message_created_or_updated");
  expect(new Set(told.map(({ data }) => data.id)).size).toBe(told.length);
  expect(began).not.toBe(token);
});
