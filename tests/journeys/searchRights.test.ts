import { beforeAll, expect, test } from "vitest";
import type { UserId } from "../../packages/server/src/index.ts";
import { person } from "../support/people.ts";
import { runs } from "../support/runs.ts";
import { seeded } from "../support/seeded.ts";
import { startServer, type TestServer } from "../support/server.ts";

// Nobody finds what they may not list: whatever happens to threads, members and messages, a search answers just what the
// lists of the threads hold.

const PEOPLE = [2, 3, 4, 5, 6, 7].map(person) as UserId[];
const [, , , MUZZLED, BLINDED] = PEOPLE as [UserId, UserId, UserId, UserId, UserId];
const WORDS = ["apple", "birch", "cedar", "daisy", "elder", "fern", "grass", "hazel"];
const TYPES = ["chat", "silent"];
const THREADS = 12;

let server: TestServer;

beforeAll(async () => {
  server = await startServer({
    types: { chat: TYPES },
    threadTypes: { silent: { indexed: false } },
    messages: {
      hidden: ({ id }) => {
        const notes = { meta: { private: true }, unless: { meta: { visible_to: [id] } } };
        if (id === MUZZLED) return ["whisper"];
        return id === BLINDED ? [notes, { sender: PEOPLE[0]! }] : [notes];
      },
    },
    // Whoever is in a thread that is closed to readers is told nothing of it, by the host's own policy.
    policies: {
      messagesList: async (_caller, asked, byDefault) =>
        asked.view?.title !== "closed to readers" && (await byDefault()),
    },
  });
});

interface Told {
  id: number;
  text: string;
  thread: number;
}

interface Found extends Told {
  highlights: { text: string; match: boolean }[];
}

const random = seeded(2_026);
const one = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!;

test("a search finds what can be listed, and nothing else", { timeout: 600_000 }, async () => {
  const { threads, members, messages } = server.colloquy;
  const ids: number[] = [];
  for (let n = 0; n < THREADS; n++) {
    const title = n % 6 === 5 ? "closed to readers" : `thread ${n}`;
    const type = n % 5 === 4 ? "silent" : "chat";
    const others = PEOPLE.slice(1).filter(() => random() < 0.5);
    const members = others.map((user) => ({ user }));
    ids.push((await threads.create({ creator: PEOPLE[0]!, type, title, members })).id);
  }
  let cases = 0;
  let hits = 0;
  for (let round = 0; round < runs(4, 8); round++) {
    for (let n = 0; n < 60; n++) await happen(one(ids));
    for (const user of PEOPLE) {
      const listed = new Map<number, Told[]>();
      for (const id of ids) {
        const { status, body } = await server.as(user).get(`/threads/${id}/messages?limit=100`);
        listed.set(id, status === 200 ? whole(body) : []);
        if (status === 200) await rest(user, body.next, listed.get(id)!);
      }
      const isMember = await memberships(user, ids);
      for (const word of WORDS) {
        const wanted = ids.flatMap((id) => (isMember.has(id) ? holding(listed.get(id)!, word) : []));
        const everywhere = await search(user, `/search?q=${word}&limit=100`);
        expect(shown(everywhere), `round ${round}: ${user} searches ${word}`).toEqual(shown(wanted));
        cases++;
        hits += everywhere.length;
        for (const id of ids) {
          const inThread = await search(user, `/threads/${id}/search?q=${word}&limit=100`);
          const visible = TYPES[0] === (await typeOf(id)) ? holding(listed.get(id)!, word) : [];
          expect(shown(inThread), `round ${round}: ${user} searches ${word} in ${id}`).toEqual(
            shown(visible),
          );
          cases++;
        }
        // A typing error leads to nothing that the word itself does not lead to.
        const typo = word.slice(0, -2) + word.at(-1) + word.at(-2);
        for (const found of await search(user, `/search?q=${typo}&limit=100`))
          expect(wanted.map(({ id }) => id)).toContain(found.id);
        cases++;
      }
    }
  }
  expect(hits).toBeGreaterThan(500);
  expect(cases).toBeGreaterThan(2_000);

  /** Something happens in a thread. */
  async function happen(thread: number): Promise<void> {
    const user = one(PEOPLE);
    const words = () => `${one(WORDS)} ${one(WORDS)}`;
    const [some] = await messages.list(thread, PEOPLE[0]!, { limit: 1 }).catch(() => []);
    switch (Math.floor(random() * 8)) {
      case 0:
        await members.add(thread, user, { permissions: one([1, 2, 17, 19, 16]) }).catch(() => {});
        break;
      case 1:
        await members.remove(thread, user).catch(() => {});
        break;
      case 2:
        await members.edit(thread, user, { permissions: one([1, 16, 19]) }).catch(() => {});
        break;
      case 3:
        if (some !== undefined) await messages.edit(thread, some.id, { text: words() }).catch(() => {});
        break;
      case 4:
        if (some !== undefined) await messages.remove(thread, some.id).catch(() => {});
        break;
      case 5:
        await messages.automate(thread, {
          text: words(),
          meta: { private: true, visible_to: [one(PEOPLE)] },
          sender: user,
        });
        break;
      default:
        await messages.automate(thread, { text: words(), type: one(["message", "whisper"]), sender: user });
    }
  }
});

function whole({ results }: { results: Told[] }): Told[] {
  return [...results];
}

async function rest(user: UserId, next: string | null, into: Told[]): Promise<void> {
  if (next === null) return;
  const { body } = await server.as(user).get(next.slice(next.indexOf("/threads")));
  into.push(...body.results);
  await rest(user, body.next, into);
}

async function memberships(user: UserId, ids: readonly number[]): Promise<Set<number>> {
  const found = await server.colloquy.db.query<{ thread_id: number }>(
    {
      name: "test_memberships",
      text: `select m.thread_id from member m join thread t on t.id = m.thread_id
        where m.user_id = $1 and t.type <> 'silent' and t.id = any($2)`,
    },
    [user, ids],
  );
  return new Set(found.map(({ thread_id }) => thread_id));
}

const types = new Map<number, string>();

async function typeOf(thread: number): Promise<string> {
  if (!types.has(thread)) {
    const [row] = await server.colloquy.db.query<{ type: string }>(
      { name: "test_type", text: "select type from thread where id = $1" },
      [thread],
    );
    types.set(thread, row!.type);
  }
  return types.get(thread)!;
}

async function search(user: UserId, path: string): Promise<Found[]> {
  const { status, body } = await server.as(user).get(path);
  return status === 200 ? body.results : [];
}

function holding(told: readonly Told[], word: string): Told[] {
  return told.filter(({ text }) => text.split(" ").includes(word));
}

/** By id, each with its text; what is highlighted is that text. */
function shown(told: readonly (Told | Found)[]): unknown[] {
  for (const found of told)
    if ("highlights" in found) expect(found.highlights.map(({ text }) => text).join("")).toBe(found.text);
  return told.map(({ id, text }) => [id, text]).sort(([first], [second]) => Number(first) - Number(second));
}
