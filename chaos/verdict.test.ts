import { describe, expect, test } from "vitest";
import type { Attacks, Change, DeviceLedger, LogEntry, Post, Told } from "./ledger.ts";
import { labelOf } from "./ledger.ts";
import { type Evidence, type Fault, judge } from "./verdict.ts";

const THREAD = 7;
const WRITER = 2;
const READER = 3;
/** Where bodies are held back, and where somebody is taken out for good. */
const HELD = 8;
const LEFT = 9;

/** A message each second, acknowledged after a tenth of one; message n has id 100 + n. */
function posted(count: number): Post[] {
  return Array.from({ length: count }, (_, counter) => ({
    thread: THREAD,
    writer: WRITER,
    counter,
    sent: counter * 1_000,
    acked: counter * 1_000 + 100,
    id: 100 + counter,
    attempts: 1,
  }));
}

const told = (message: number, more: Partial<Told> = {}): Told => ({
  thread: THREAD,
  message,
  at: 0,
  how: "push",
  link: "connection 1",
  history: 0,
  ...more,
});

function device(messages: readonly Told[], unread = 0): DeviceLedger {
  return { name: "a device", person: READER, told: [...messages], unread: new Map([[THREAD, unread]]) };
}

const change = (joins: boolean, from: number): Change => ({
  thread: THREAD,
  person: READER,
  joins,
  from,
  to: from + 50,
});

/** A run in which the reader's device saw what is given, and nothing else went wrong. */
function evidence(seen: readonly Told[], more: Partial<Evidence> = {}): Evidence {
  const posts = more.posts ?? posted(4);
  const rows = posts.map((post) => ({
    id: post.id!,
    thread: THREAD,
    seq: post.id! - 99,
    label: labelOf(post),
  }));
  return {
    posts,
    devices: [device(seen)],
    changes: [],
    threads: new Map([[THREAD, [WRITER, READER]]]),
    truth: {
      messages: rows,
      listed: rows,
      members: [{ thread: THREAD, person: READER, unread: { said: 0, counted: 0, listed: 0 } }],
      log: [],
    },
    attacks: {
      floods: [],
      unreleased: [],
      expulsions: [],
      held: { thread: HELD, person: READER },
      bodies: 0,
    },
    ...more,
  };
}

const faults = (given: Evidence): Fault[] => judge(given).findings.map(({ fault }) => fault);
const ALL = [told(100), told(101), told(102), told(103)];

test("a run in which everything came, once and in order, has no findings", () => {
  expect(judge(evidence(ALL))).toEqual({ sent: 4, acknowledged: 4, owed: 4, delivered: 4, findings: [] });
});

describe("what was acknowledged is lost", () => {
  test("where a device was never told of it", () => {
    const verdict = judge(evidence([told(100), told(101), told(103)]));
    expect(verdict).toMatchObject({ owed: 4, delivered: 3 });
    expect(verdict.findings).toEqual([
      { fault: "lost", detail: "thread 7: a device was never told of message 102" },
    ]);
  });

  test("where no list has it, or under another id", () => {
    const given = evidence(ALL);
    const [first, second, ...rest] = given.truth.listed;
    expect(faults({ ...given, truth: { ...given.truth, listed: [second!, ...rest] } })).toEqual(["lost"]);
    const other = [{ ...first!, id: 999 }, second!, ...rest];
    expect(faults({ ...given, truth: { ...given.truth, listed: other } })).toEqual(["lost"]);
  });

  test("but not what nobody has acknowledged", () => {
    const posts = posted(4).with(3, { ...posted(4)[3]!, acked: null });
    expect(judge(evidence(ALL.slice(0, 3), { posts }))).toMatchObject({
      owed: 3,
      delivered: 3,
      findings: [],
    });
  });
});

describe("something is duplicated", () => {
  test("where it is told twice on one history, also by other ways", () => {
    expect(faults(evidence([...ALL, told(103)]))).toEqual(["duplicated"]);
    expect(faults(evidence([...ALL, told(101, { how: "sync" })]))).toEqual(["duplicated"]);
  });

  test("where it is stored twice", () => {
    const given = evidence(ALL);
    const again = [...given.truth.listed, { ...given.truth.listed[0]!, id: 200 }];
    expect(faults({ ...given, truth: { ...given.truth, listed: again } })).toEqual(["duplicated"]);
  });

  test("but not where the device had begun anew, and fetched it", () => {
    const anew = { history: 1 };
    const fetched = ALL.map((one) => ({ ...one, ...anew, how: "fetch" as const }));
    expect(faults(evidence([...ALL, ...fetched, told(103, anew)]))).toEqual([]);
  });
});

test("what comes after something later is misordered", () => {
  expect(faults(evidence([told(100), told(102), told(101), told(103)]))).toEqual(["misordered"]);
});

test("what is told of and not stored is a phantom", () => {
  expect(faults(evidence([...ALL, told(555)]))).toEqual(["phantom"]);
});

describe("who is taken out and added again", () => {
  // Out from 0.5 s to 1.5 s: when message 101 was posted.
  const changes = [change(false, 500), change(true, 1_500)];

  test("is owed what was said while they were in", () => {
    expect(judge(evidence([told(100), told(102), told(103)], { changes }))).toMatchObject({
      owed: 3,
      findings: [],
    });
    expect(faults(evidence([told(100), told(103)], { changes }))).toEqual(["lost"]);
  });

  test("is not owed what they had missed when they were taken out, but has no gap before what they had not", () => {
    expect(faults(evidence([told(102), told(103)], { changes }))).toEqual([]);
    const later = [change(false, 2_500), change(true, 2_700)];
    expect(faults(evidence([told(100), told(102), told(103)], { changes: later }))).toEqual(["lost"]);
  });

  test("must not be told of what was said while they were out", () => {
    expect(faults(evidence(ALL, { changes }))).toEqual(["leaked"]);
    expect(
      faults(
        evidence(
          ALL.map((one) => ({ ...one, how: "sync" })),
          { changes },
        ),
      ),
    ).toEqual(["leaked"]);
  });

  test("may or may not be told of what was posted at that very time", () => {
    const during = [change(false, 1_050), change(true, 1_500)];
    expect(faults(evidence(ALL, { changes: during }))).toEqual([]);
    expect(faults(evidence([told(100), told(102), told(103)], { changes: during }))).toEqual([]);
  });
});

test("who was never in a thread must not be told of it", () => {
  const threads = new Map([[THREAD, [WRITER]]]);
  expect(faults(evidence(ALL, { threads }))).toEqual(["leaked", "leaked", "leaked", "leaked"]);
});

describe("what is unread drifts", () => {
  test("where a device was told of another count last", () => {
    expect(faults(evidence(ALL, { devices: [device(ALL, 2)] }))).toEqual(["unread drift"]);
  });

  test.each([
    { said: 1, counted: 0, listed: 0 },
    { said: 0, counted: 0, listed: 1 },
  ])("where the API says %j", (unread) => {
    const given = evidence(ALL);
    const members = [{ thread: THREAD, person: READER, unread }];
    expect(faults({ ...given, truth: { ...given.truth, members } })).toEqual(["unread drift"]);
  });
});

/** A run in which all went well but for what attackers did, and what the log says of it. */
function attacked(more: Partial<Attacks>, log: readonly LogEntry[] = []): Evidence {
  const given = evidence(ALL);
  return { ...given, truth: { ...given.truth, log: [...log] }, attacks: { ...given.attacks, ...more } };
}

const entry = (thread: number, seq: number, type: string, who: Partial<LogEntry> = {}): LogEntry => ({
  thread,
  seq,
  type,
  user: null,
  sender: null,
  ...who,
});

describe("a flood keeps others waiting", () => {
  const flood = { name: "frames", quiet: 5, longest: 90, grown: 2 ** 20 };

  test("where an answer takes more than a second, or the node grows", () => {
    expect(faults(attacked({ floods: [{ ...flood, longest: 1_200 }] }))).toEqual(["kept waiting by a flood"]);
    expect(faults(attacked({ floods: [{ ...flood, grown: 2 ** 28 }] }))).toEqual(["kept waiting by a flood"]);
  });

  test("but not where all is answered soon, nor where all had to wait before", () => {
    expect(faults(attacked({ floods: [flood, { ...flood, quiet: 600, longest: 1_200 }] }))).toEqual([]);
  });
});

describe("a held body", () => {
  const log = [
    entry(HELD, 1, "message_created", { sender: READER }),
    entry(HELD, 2, "member_left", { user: READER }),
    entry(HELD, 3, "thread_updated"),
    entry(HELD, 4, "member_joined", { user: READER }),
    entry(HELD, 5, "message_created", { sender: READER }),
  ];

  test("is a fault where nobody lets go of it", () => {
    expect(faults(attacked({ unreleased: ["half a body"] }))).toEqual(["held body"]);
  });

  test("is one where it is carried out when its writer is out, and not when they are in", () => {
    expect(faults(attacked({}, log))).toEqual([]);
    const late = entry(HELD, 3, "message_created", { sender: READER });
    expect(faults(attacked({}, log.with(2, late)))).toEqual(["held body"]);
  });
});

describe("who is taken out acts no more", () => {
  const expulsion = { thread: LEFT, person: READER, owner: WRITER, shown: [] as string[] };
  const log = [
    entry(LEFT, 1, "member_joined", { user: 4 }),
    entry(LEFT, 2, "member_left", { user: READER }),
    entry(LEFT, 3, "thread_updated"),
    entry(LEFT, 4, "message_created", { sender: WRITER }),
  ];

  test("where the log has nothing after it but what the owner says", () => {
    expect(faults(attacked({ expulsions: [expulsion] }, log))).toEqual([]);
  });

  test.each([
    entry(LEFT, 5, "member_joined", { user: 5 }),
    entry(LEFT, 5, "member_joined", { user: READER }),
    entry(LEFT, 5, "member_left", { user: WRITER }),
    entry(LEFT, 5, "message_created", { sender: READER }),
    entry(LEFT, 5, "message_updated", { sender: READER }),
    entry(LEFT, 5, "message_deleted", { sender: WRITER }),
    entry(LEFT, 5, "thread_updated"),
  ])("and not where it has %j", (more) => {
    expect(faults(attacked({ expulsions: [expulsion] }, [...log, more]))).toEqual(["acted after removal"]);
  });

  test("nor where they are shown anything", () => {
    const shown = ["GET /threads/9 was answered 200"];
    expect(faults(attacked({ expulsions: [{ ...expulsion, shown }] }, log))).toEqual(["acted after removal"]);
  });
});
