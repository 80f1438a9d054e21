import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Push } from "@colloquy/protocol";
import type { Expulsion } from "../ledger.ts";
import { openApi } from "../people/api.ts";
import { openLink } from "../people/link.ts";
import type { Setting } from "../setting.ts";
import { holdRequest, type Wanted } from "./heldRequest.ts";

const ALL_RIGHTS = 8191;
/** Milliseconds: until what is held back has come as far as it goes, in which all happens at once, and after that. */
const ARRIVES = 150;
const TOGETHER = 60;
const AFTERWARDS = 600;
/** Milliseconds until nobody waits for an answer or a push any more. */
const PATIENCE = 5_000;

/** Takes somebody with all rights out of a new thread, who does all that they may at that very moment. */
export async function expel(
  { attackers }: Setting,
  addresses: readonly string[],
  isLed: boolean,
): Promise<Expulsion | null> {
  const { owner, expelled, stranger, schema } = attackers;
  const [owners, own] = [openApi(addresses, owner.token), openApi(addresses, expelled.token)];
  const made = await owners.ask("POST", `/accounts/${owner.id}/threads/chat`, { title: "Taken out" });
  const thread = made.body.id as number;
  const path = `/threads/${thread}`;
  const mode = isLed ? { state: "scripted", schema } : {};
  await owners.ask("POST", `${path}/users`, { user: expelled.id, permissions: ALL_RIGHTS, ...mode });
  const theirs = await owners.ask("POST", `${path}/messages`, { text: "Theirs", client_id: randomUUID() });
  const first = { text: "Mine", client_id: randomUUID() };
  const key = { "idempotency-key": randomUUID() };
  const [mine, keyed] = [
    await own.ask("POST", `${path}/messages`, first),
    { text: "Keyed", client_id: randomUUID() },
  ];
  const anywhere = () => addresses[Math.floor(Math.random() * addresses.length)]!;
  const ask = (wanted: Wanted) => {
    const request = holdRequest(anywhere(), expelled.token, wanted);
    request.finish();
    return answerOf(request.answered);
  };
  await ask({ method: "POST", path: `${path}/messages`, body: keyed, headers: key });
  if (mine.status >= 300 || theirs.status >= 300) return null;

  const shown: string[] = [];
  const link = openLink(`${anywhere().replace("http", "ws")}/ws`, expelled.token, (frame) => {
    if (saysAfterwards(frame, thread)) shown.push(`a push of ${frame.message}`);
  });
  const acts: Wanted[] = [
    { method: "POST", path: `${path}/users`, body: { user: stranger.id } },
    { method: "PATCH", path, body: { title: "Renamed" } },
    { method: "DELETE", path: `${path}/messages/${theirs.body.id}`, body: {} },
    { method: "PATCH", path: `${path}/messages/${mine.body.id}`, body: { text: "Changed" } },
    { method: "POST", path: `${path}/messages`, body: { text: "Said" } },
    { method: "DELETE", path: `${path}/users/${owner.id}`, body: {} },
    { method: "POST", path: `${path}/users`, body: { user: expelled.id, permissions: ALL_RIGHTS } },
  ];
  const held = acts.flatMap((wanted) =>
    [true, false].map((isLate) => ({
      wanted,
      isLate,
      request: holdRequest(anywhere(), expelled.token, wanted),
    })),
  );
  await sleep(ARRIVES);
  const together = acts.slice(0, 5).map(async (wanted) => {
    await sleep(Math.random() * TOGETHER);
    await ask(wanted);
  });
  for (const { request } of held.filter(({ isLate }) => !isLate))
    void sleep(Math.random() * TOGETHER).then(request.finish);

  // A little sooner than the rest: whoever has been taken out by the other can take nobody out.
  await sleep((Math.random() * TOGETHER) / 2);
  const removed = await owners.ask("DELETE", `${path}/users/${expelled.id}`);
  const late = held
    .filter(({ isLate }) => isLate)
    .map(async ({ wanted, request }) => {
      await sleep(Math.random() * AFTERWARDS);
      request.finish();
      await tell(wanted, answerOf(request.answered));
    });
  await owners.ask("POST", `${path}/messages`, { text: AFTER, client_id: randomUUID() });
  const asked: Wanted[] = [
    { method: "GET", path, body: {} },
    { method: "GET", path: `${path}/messages`, body: {} },
    { method: "POST", path: `${path}/messages`, body: first },
    { method: "POST", path: `${path}/messages`, body: keyed, headers: key },
    ...acts,
  ];
  const after = asked.map((wanted) => tell(wanted, ask(wanted)));
  await Promise.all([...late, ...after, ...together, sleep(AFTERWARDS)]);
  for (const { request } of held) request.abort();
  link.drop(false);
  return removed.status === 204 || removed.status === 404
    ? { thread, person: expelled.id, owner: owner.id, shown }
    : null;

  async function tell({ method, path }: Wanted, answer: Promise<number | null>): Promise<void> {
    const status = await answer;
    if (status !== null && status < 300) shown.push(`${method} ${path} was answered ${status}`);
  }
}

/** What the owner writes when the other is out. */
const AFTER = "Afterwards";

function saysAfterwards({ data }: Push, thread: number): boolean {
  return "thread" in data && data.thread === thread && "text" in data && data.text === AFTER;
}

function answerOf(answered: Promise<number | null>): Promise<number | null> {
  return Promise.race([answered, sleep(PATIENCE, null, { ref: false })]);
}
