import { invalid, Page, SearchHit, texts } from "@colloquy/protocol";
import { Type } from "typebox";
import { threadContext } from "../conversation/context.ts";
import { defineResource, listQuery, pageOf, parsePage, type Query } from "../http/index.ts";
import type { PageLimits } from "../http/pagination.ts";
import type { Caller } from "../policies/caller.ts";
import { type SearchDeps, search, type Wanted } from "./find.ts";

/** What it takes to serve searches. */
export interface SearchRouteDeps extends SearchDeps {
  settings: SearchDeps["settings"] & { pagination: PageLimits };
}

/** Characters of a query. */
const LONGEST = 500;

const QUERY = Type.Object({
  q: Type.String({
    description:
      'Words, `"phrases"`, and `-` before what must not be there. The last word may be the beginning of one',
  }),
  language: Type.Optional(
    Type.String({
      description: "A language tag, by whose rules inflected words are found, too; by default the caller's",
    }),
  ),
  ...listQuery().properties,
  before: Type.Optional(Type.Integer({ description: "Only messages before this id" })),
});
const EXAMPLE = { query: { q: "hello" } };

/** Messages by what is said in them. */
export function searchResources(deps: SearchRouteDeps) {
  const { settings } = deps;

  const everywhere = defineResource({
    path: "/search",
    tags: ["messages"],
    policy: "own",
    methods: {
      GET: {
        summary: "Search messages in all threads",
        description:
          "The best of the 500 newest matches first; `before` goes on behind them. Where no message has a word, those with words that are nearly the same are found.",
        query: QUERY,
        example: EXAMPLE,
        response: { 200: Page(SearchHit) },
        handle: async ({ caller, query, url }) => {
          const page = parsePage(query, settings.pagination);
          return pageOf(await search(deps, caller, null, wantedOf(query, caller, page)), offsets(page), url);
        },
      },
    },
  });

  const inThread = defineResource({
    path: "/threads/:thread_id/search",
    params: { thread_id: "id" },
    absent: 403,
    tags: ["messages"],
    policy: "messagesList",
    context: (call) => threadContext(deps, call),
    methods: {
      GET: {
        summary: "Search messages in a thread",
        description: "As in all threads; nothing is marked as read. Requires permission 1 (read messages).",
        query: QUERY,
        example: EXAMPLE,
        response: { 200: Page(SearchHit) },
        handle: async ({ caller, context, query, url }) => {
          const page = parsePage(query, settings.pagination);
          const hits = await search(deps, caller, context.view, wantedOf(query, caller, page));
          return pageOf(hits, offsets(page), url);
        },
      },
    },
  });

  return [everywhere, inThread];
}

type Part = ReturnType<typeof parsePage>;

function wantedOf({ q, language, offset }: Query, caller: Caller, { limit, before }: Part): Wanted {
  expectQuery(q);
  const from = parsePage({ offset: offset ?? "" }).offset;
  return { text: q, language: language || caller.language, limit, offset: from, before };
}

/** Ranked, so that the links go by offset, also behind `before`. */
function offsets(page: Part): Part {
  return { ...page, before: null, after: null };
}

/** @throws 400 for what nobody searches for */
export function expectQuery(text: unknown): asserts text is string {
  if (typeof text !== "string") throw invalid({ q: [texts.required] });
  if (text.length > LONGEST) throw invalid({ q: [texts.maxLength(LONGEST)] });
  if (text.includes("\0")) throw invalid({ q: [texts.nullCharacters] });
}
