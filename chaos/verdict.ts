import { byLabel, owed, standing, type Timed, timed } from "./entitlement.ts";
import {
  type Attacks,
  type Change,
  type DeviceLedger,
  type LogEntry,
  labelOf,
  type Post,
  type Told,
  type Truth,
} from "./ledger.ts";

/** All that a run is judged by. */
export interface Evidence {
  posts: readonly Post[];
  devices: readonly DeviceLedger[];
  /** Of membership, in their order. */
  changes: readonly Change[];
  /** Who was in which thread, and was to be told, when all began. */
  threads: ReadonlyMap<number, readonly number[]>;
  truth: Truth;
  attacks: Attacks;
}

/** What must not be; `refused` and `stuck` are not judged here, but seen as they happen. */
export const FAULTS = [
  "lost",
  "duplicated",
  "misordered",
  "leaked",
  "phantom",
  "unread drift",
  "kept waiting by a flood",
  "held body",
  "acted after removal",
  "refused",
  "stuck",
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Finding {
  fault: Fault;
  detail: string;
}

export interface Verdict {
  sent: number;
  acknowledged: number;
  /** Messages that devices had to be told of, and of how many of these they were. */
  owed: number;
  delivered: number;
  findings: Finding[];
}

/** Judges what every device saw by what was acknowledged and stored. */
export function judge({ posts, devices, changes, threads, truth, attacks }: Evidence): Verdict {
  const labelled = byLabel(posts);
  const stored = Map.groupBy(truth.messages, ({ thread }) => thread);
  const inThread = new Map([...stored].map(([thread, rows]) => [thread, timed(rows, labelled)]));
  const acked = new Set(posts.filter(({ acked }) => acked !== null).map(({ id }) => id!));
  const findings = [...judgeStored(posts, truth)];
  let [due, delivered] = [0, 0];

  for (const device of devices) {
    const toldOf = new Set(device.told.map(({ message }) => message));
    for (const [thread, people] of threads) {
      const messages = inThread.get(thread) ?? [];
      const own = changes.filter((change) => change.thread === thread && change.person === device.person);
      const told = device.told.filter((told) => told.thread === thread);
      const isMember = people.includes(device.person);
      findings.push(...judgeHistories(device, thread, told, messages));
      findings.push(...judgeLeaks(device, told, messages, isMember ? own : null));
      if (!isMember) continue;
      for (const id of owed(messages, own, (id) => toldOf.has(id)).filter((id) => acked.has(id))) {
        due++;
        if (toldOf.has(id)) delivered++;
        else
          findings.push({ fault: "lost", detail: `${at(device, thread)} was never told of message ${id}` });
      }
    }
    findings.push(...judgeUnread(device, truth));
  }
  findings.push(...judgeCounts(truth), ...judgeAttacks(attacks, truth));
  return { sent: posts.length, acknowledged: acked.size, owed: due, delivered, findings };
}

const at = ({ name }: DeviceLedger, thread: number) => `thread ${thread}: ${name}`;

/** What was acknowledged is stored, and listed once, under the id of the answer. */
function* judgeStored(posts: readonly Post[], { listed, messages }: Truth): Generator<Finding> {
  const lists = Map.groupBy(listed, ({ label }) => label);
  for (const post of posts) {
    const label = labelOf(post);
    const ids = (lists.get(label) ?? []).map(({ id }) => id);
    const name = `thread ${post.thread}: post ${label}, acknowledged as ${post.id},`;
    if (ids.length > 1) yield { fault: "duplicated", detail: `${name} is stored as ${ids.join(", ")}` };
    if (post.acked === null) continue;
    if (ids.length === 0) yield { fault: "lost", detail: `${name} is not listed` };
    else if (!ids.includes(post.id!)) yield { fault: "lost", detail: `${name} is listed as ${ids[0]}` };
  }
  for (const [label, rows] of Map.groupBy(messages, ({ label }) => label))
    if (rows.length > 1 && (lists.get(label)?.length ?? 0) < 2)
      yield { fault: "duplicated", detail: `post ${label} has ${rows.length} rows and is listed once` };
}

/** On one history nothing is told twice, and nothing after what was said later. */
function* judgeHistories(
  device: DeviceLedger,
  thread: number,
  told: readonly Told[],
  messages: readonly Timed[],
): Generator<Finding> {
  const seqs = new Map(messages.map(({ id, seq }) => [id, seq]));
  const pushed = told.filter(({ how }) => how !== "fetch");
  for (const [history, frames] of Map.groupBy(pushed, ({ history }) => history)) {
    const seen = new Set<number>();
    let newest = { message: 0, seq: 0 };
    for (const { message, how, link } of frames) {
      const seq = seqs.get(message);
      const frame = `${at(device, thread)} was told of message ${message} (${how}, ${link}, history ${history})`;
      if (seq === undefined) yield { fault: "phantom", detail: `${frame}, which is not stored` };
      else if (seen.has(message)) yield { fault: "duplicated", detail: `${frame} again` };
      else if (seq < newest.seq) yield { fault: "misordered", detail: `${frame} after ${newest.message}` };
      else newest = { message, seq };
      seen.add(message);
    }
  }
}

/** Nobody is pushed what was said when they were certainly not in the thread. `changes`: null for who never was. */
function* judgeLeaks(
  device: DeviceLedger,
  told: readonly Told[],
  messages: readonly Timed[],
  changes: readonly Change[] | null,
): Generator<Finding> {
  if (told.length === 0 || changes?.length === 0) return;
  const byId = new Map(messages.map((message) => [message.id, message]));
  for (const { thread, message, how } of told) {
    const row = byId.get(message);
    if (how === "fetch" || row === undefined) continue;
    const stood = changes === null ? { isIn: false } : standing(row, changes);
    if (stood !== "unsure" && !stood.isIn)
      yield {
        fault: "leaked",
        detail: `${at(device, thread)} was told of message ${message} (${how}) when out`,
      };
  }
}

/** What a device was told last of what is unread is so. */
function* judgeUnread(device: DeviceLedger, { members }: Truth): Generator<Finding> {
  for (const { thread, person, unread } of members) {
    if (person !== device.person) continue;
    const told = device.unread.get(thread) ?? 0;
    if (told !== unread.counted)
      yield {
        fault: "unread drift",
        detail: `${at(device, thread)} was told last of ${told} unread, and ${unread.counted} are`,
      };
  }
}

/** What the API says of what is unread is what the rows say. */
function* judgeCounts({ members }: Truth): Generator<Finding> {
  for (const { thread, person, unread } of members) {
    const { said, counted, listed } = unread;
    if (said !== counted || listed !== counted)
      yield {
        fault: "unread drift",
        detail: `thread ${thread}: person ${person} has ${said} unread, by its rows ${counted}, in the list ${listed}`,
      };
  }
}

/** The longest wait and the most memory that a flood over one socket may cost. */
const LONGEST_WAIT = 1_000;
const MOST_GROWN = 64 * 2 ** 20;
/** Where the machine itself lets everybody wait, a flood may make it so many times as long. */
const WORSE = 4;

function* judgeAttacks(
  { floods, unreleased, expulsions, held }: Attacks,
  { log }: Truth,
): Generator<Finding> {
  for (const { name, quiet, longest, grown } of floods) {
    const fault = "kept waiting by a flood";
    if (longest > Math.max(LONGEST_WAIT, WORSE * quiet))
      yield {
        fault,
        detail: `${name}: ${longest.toFixed(0)} ms for an answer, before it ${quiet.toFixed(0)}`,
      };
    if (grown > MOST_GROWN)
      yield { fault, detail: `${name}: the node took ${(grown / 2 ** 20).toFixed(0)} MB more memory` };
  }
  for (const detail of unreleased) yield { fault: "held body", detail };
  const logs = Map.groupBy(log, ({ thread }) => thread);
  for (const { seq, type } of saidWhenOut(logs.get(held.thread) ?? [], held.person))
    yield { fault: "held body", detail: `thread ${held.thread}: ${type} ${seq}, when its writer was out` };
  for (const { thread, person, owner, shown } of expulsions) {
    const fault = "acted after removal";
    for (const { seq, type } of afterExpulsion(logs.get(thread) ?? [], person, owner))
      yield { fault, detail: `thread ${thread}: ${type} ${seq}, after person ${person} had been taken out` };
    for (const one of shown) yield { fault, detail: `thread ${thread}: person ${person} got ${one}` };
  }
}

/** What somebody wrote in a thread between an event by which they left it and one by which they joined it. */
function saidWhenOut(entries: readonly LogEntry[], person: number): LogEntry[] {
  let isOut = false;
  return entries.filter(({ type, user, sender }) => {
    if (user === person && type === "member_left") isOut = true;
    if (user === person && type === "member_joined") isOut = false;
    return isOut && sender === person;
  });
}

/** All that came after somebody had left for good, but for what goes with it and what the owner writes. */
function afterExpulsion(entries: readonly LogEntry[], person: number, owner: number): LogEntry[] {
  const left = entries.findIndex(({ type, user }) => type === "member_left" && user === person);
  if (left < 0) return [];
  return entries
    .slice(left + 1)
    .filter(
      ({ type, sender }, index) =>
        !(index === 0 && type === "thread_updated") && !(type === "message_created" && sender === owner),
    );
}
