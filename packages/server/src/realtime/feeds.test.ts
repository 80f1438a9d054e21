import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freshDatabase } from "../../../../tests/support/database.ts";
import { startServer, type TestServer } from "../../../../tests/support/server.ts";
import { openAttachmentView } from "../attachments/show.ts";
import { checkSettings } from "../checkSettings.ts";
import { openMemberLists } from "../conversation/view/memberLists.ts";
import { openViewCache } from "../conversation/view/viewCache.ts";
import type { Database } from "../database/database.ts";
import { findLogNow } from "../log/position.ts";
import { openDirectory } from "../people/directory.ts";
import { openLookUp } from "../people/lookUp.ts";
import type { Caller } from "../policies/caller.ts";
import { defaultPolicies, type Policies, type Policy } from "../policies/policies.ts";
import { openSchemaStore } from "../schemas/store.ts";
import { openSurveyFeed } from "../surveys/push.ts";
import { openThreadFeed } from "../threads/push/feed.ts";
import { openUnreadFeed } from "../threads/push/unreadFeed.ts";
import type { Bookmark } from "./bookmark.ts";
import type { CountOf, Feeds, Follower } from "./feeds.ts";
import { type Frame, toText } from "./frame.ts";
import { Identity } from "./identity.ts";
import { openSession } from "./session.ts";

// One suite over every feed: what the port promises of them holds for each.

const AUTHOR = 2;
const VIEWER: Caller = { id: 3, isSuperuser: false, language: null, timeZone: null };

let server: TestServer;
let feeds: Feeds;
/** What is refused from now on. */
let refused: Set<keyof Policies>;
let isDatabaseAway: boolean;

beforeAll(async () => {
  const database = await freshDatabase();
  server = await startServer({}, { database });
  feeds = feedsOf(
    new Proxy(database, {
      get: (target, name) => {
        if (name === "query" && isDatabaseAway) return () => Promise.reject(new Error("away"));
        return Reflect.get(target, name);
      },
    }),
  );
});

beforeEach(() => {
  isDatabaseAway = false;
  refused = new Set();
});

/** The feeds of another node, which learns of nothing but through the database. */
function feedsOf(db: Database): Feeds {
  const settings = checkSettings({});
  const usual: Policies = defaultPolicies({
    chatListThroughApi: [],
    schemaListThroughApi: [],
    schemaGetThroughApi: [],
    anySchema: true,
  });
  const policies = Object.fromEntries(
    Object.entries(usual).map(([name, policy]) => [
      name,
      ((caller, asked) => !refused.has(name as keyof Policies) && policy(caller, asked)) satisfies Policy,
    ]),
  ) as Policies;
  const deps = {
    db,
    settings,
    policies,
    members: openMemberLists(db, 100),
    people: openDirectory(openLookUp(db), settings.accounts),
    schemas: openSchemaStore(db, false),
    views: openViewCache(db, settings),
    attachments: openAttachmentView({ to: () => "" }, {}),
  };
  return { threads: openThreadFeed(deps), surveys: openSurveyFeed(deps), unread: openUnreadFeed(deps) };
}

/** Something that a feed shows to the viewer. */
interface Thing {
  /** Something happens to it. */
  change(text: string): Promise<void>;
  /** What the viewer sees of all that happened since it was made. */
  seen(): Promise<string[]>;
  /** From now on the viewer may not see it. */
  refuse(): Promise<void>;
}

interface Kind {
  make(): Promise<Thing>;
  /** Of all that happened, what is told to who comes late. */
  isNewestOnly: boolean;
}

const KINDS: [string, Kind][] = [
  ["threads", { make: threadOf, isNewestOnly: false }],
  ["surveys", { make: surveyOf, isNewestOnly: true }],
  ["counts of what is unread", { make: countOf, isNewestOnly: true }],
];

function sessionOf(bookmark: Bookmark) {
  const identity = new Identity({ user: VIEWER, renew: null, isCurrent: true }, 0, () => {});
  const outlet = { write() {}, isFull: () => false, ready: async () => true, overflow() {}, fail() {} };
  return openSession(identity, bookmark, outlet);
}

async function now(): Promise<Bookmark> {
  const { epoch, base } = await findLogNow(server.colloquy.db, null);
  return { epoch, base, threads: new Map(), rest: null };
}

const dataOf = (frame: Frame) => JSON.parse(toText(frame)).data;

async function newThread(): Promise<number> {
  const { id } = await server.colloquy.threads.create({ creator: AUTHOR, permissions: 8191 });
  await server.colloquy.members.add(id, VIEWER.id);
  return id;
}

async function threadOf(): Promise<Thing> {
  const id = await newThread();
  const began = (await feeds.threads.followersOf(id, [VIEWER.id]))[0]!.event_seq;
  const session = sessionOf(await now());
  return {
    change: async (text) => void (await server.as(AUTHOR).post(`/threads/${id}/messages`, { text })),
    refuse: async () => void refused.add("messagesList"),
    async seen() {
      const follower: Follower = { session, position: began };
      const batch = await feeds.threads.read(id, began);
      if (batch === null) return [];
      expect(batch.events.map(({ seq }) => seq)).toEqual(batch.events.map((_, index) => began + 1 + index));
      const shown = await feeds.threads.show(id, [follower], batch);
      return (shown?.framesFor(0) ?? []).flatMap((frame) => dataOf(frame!).text ?? []);
    },
  };
}

async function surveyOf(): Promise<Thing> {
  const schema = await server.colloquy.schemas.load({
    format: "colloquy.schema/1",
    name: "shown",
    type: "survey",
    questions: [{ qid: 1, type: "text", text: "?", next_qid: -1, variable_modifications: [["n", "n + 1"]] }],
  });
  const { id } = await server.colloquy.surveys.create({ user: VIEWER.id, schema: schema.id });
  const since = await now();
  let last = "";
  return {
    async change(text) {
      last = text;
      await server.colloquy.surveys.answer(id, [{ related_question: schema.questions[0]!.id, text }]);
    },
    refuse: async () => void refused.add("surveyObject"),
    async seen() {
      const changed = await feeds.surveys.changedSince(VIEWER.id, since);
      const frames = await Promise.all(changed.map((survey) => feeds.surveys.show(VIEWER, survey)));
      const survey = (await server.as(VIEWER.id).get(`/surveys/${id}`)).body;
      return frames.flatMap((frame) => {
        // Where another transaction was open then, what was before is told again: another survey, and its own beginning.
        if (frame === null || dataOf(frame).id !== id) return [];
        expect(dataOf(frame)).toEqual(survey);
        return last === "" ? [] : last;
      });
    },
  };
}

async function countOf(): Promise<Thing> {
  const id = await newThread();
  const texts: string[] = [];
  return {
    async change(text) {
      texts.push(text);
      await server.as(AUTHOR).post(`/threads/${id}/messages`, { text });
    },
    refuse: () => server.colloquy.members.remove(id, VIEWER.id),
    async seen() {
      const [ofIt, all, page] = await Promise.all([
        feeds.unread.of(VIEWER, [id]),
        feeds.unread.everywhere(VIEWER),
        feeds.unread.page(VIEWER, { after: id - 1, limit: 1 }),
      ]);
      const own = (counts: readonly CountOf[]) => counts.filter(({ thread }) => thread === id);
      expect([own(all), own(page)]).toEqual([ofIt, ofIt]);
      return ofIt.flatMap(({ frame }) => texts[dataOf(frame).unread - 1] ?? []);
    },
  };
}

describe.each(KINDS)("a feed of %s", (_name, { make, isNewestOnly }) => {
  const told = (texts: string[]) => (isNewestOnly ? texts.slice(-1) : texts);

  test("shows what is committed, in order and without a gap, as it is when it is asked", async () => {
    const thing = await make();
    expect(await thing.seen()).toEqual([]);
    await thing.change("one");
    expect(await thing.seen()).toEqual(told(["one"]));
    await thing.change("two");
    await thing.change("three");
    expect(await thing.seen()).toEqual(told(["one", "two", "three"]));
  });

  test("shows nothing to whoever may not see it any more", async () => {
    const thing = await make();
    await thing.change("before");
    expect(await thing.seen()).toEqual(["before"]);
    await thing.change("after");
    await thing.refuse();
    expect(await thing.seen()).toEqual([]);
  });

  test("throws where it cannot tell, and shows all of it when it is asked again", async () => {
    const thing = await make();
    await thing.change("one");
    await thing.seen();
    await thing.change("two");
    isDatabaseAway = true;
    await expect(thing.seen()).rejects.toThrow("away");
    isDatabaseAway = false;
    expect(await thing.seen()).toEqual(told(["one", "two"]));
  });
});
