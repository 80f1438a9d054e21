import type { HighlightPart, SearchHit } from "@colloquy/protocol";
import type { SeeDeps } from "../conversation/context.ts";
import type { ShowAttachments } from "../conversation/view/showAttachments.ts";
import { ofThreadType, type ThreadTypes } from "../conversation/view/threadTypes.ts";
import type { ThreadView } from "../conversation/view/view.ts";
import { hiddenFrom } from "../conversation/view/visibility.ts";
import { toMessage } from "../conversation/view/wire.ts";
import type { Database } from "../database/database.ts";
import type { Directory } from "../people/directory.ts";
import type { Caller } from "../policies/caller.ts";
import type { Policies, Replacements } from "../policies/policies.ts";
import { findHits, type Hit, START, STOP, searchableThreads, vocabularyOf, withOwnPlans } from "./queries.ts";
import { readTerms } from "./terms.ts";
import { corrected } from "./typos.ts";

/** What it takes to search. */
export interface SearchDeps extends SeeDeps {
  db: Database;
  people: Pick<Directory, "show">;
  attachments: ShowAttachments;
  policies: Policies;
  settings: SeeDeps["settings"] & ThreadTypes & { policies?: Replacements | undefined };
}

/** What is searched for: as it was typed, in one language, a page of it. */
export interface Wanted {
  text: string;
  language: string | null;
  limit: number;
  offset: number;
  before: number | null;
}

/** Messages in all threads of a member, or in one that the caller may read: the best of the newest matches first. */
export async function search(
  deps: SearchDeps,
  caller: Caller,
  within: ThreadView | null,
  { text, language, ...page }: Wanted,
): Promise<SearchHit[]> {
  const terms = readTerms(text);
  if (terms.every(({ excluded }) => excluded)) return [];
  const threads = await threadsOf(deps, caller, within);
  if (threads.length === 0) return [];
  const hidden = hiddenFrom(deps.settings, caller);
  const asMember = within === null || within.is_member;
  const wanted = { threads, asMember, viewer: caller.id, hidden, language, ...page };
  const exact = { ...wanted, terms: terms.map((term) => [term]) };
  const found = await withOwnPlans(deps.db, async (tx) => {
    const hits = await findHits(tx, exact);
    if (hits.length > 0 || page.offset > 0) return hits;
    const meant = corrected(terms, await vocabularyOf(tx, exact));
    return meant === null ? [] : findHits(tx, { ...wanted, terms: meant });
  });
  return toHits(deps, caller, within, found);
}

async function threadsOf(
  { db, settings }: SearchDeps,
  caller: Caller,
  within: ThreadView | null,
): Promise<number[]> {
  if (within !== null) return ofThreadType(settings, within.type).indexed ? [within.id] : [];
  const notIndexed = Object.keys(settings.threadTypes).filter(
    (type) => !ofThreadType(settings, type).indexed,
  );
  return searchableThreads(db, caller.id, notIndexed);
}

async function toHits(
  deps: SearchDeps,
  caller: Caller,
  within: ThreadView | null,
  found: readonly Hit[],
): Promise<SearchHit[]> {
  const readable = within === null ? await readableOf(deps, caller, found) : found;
  const accounts = await deps.people.show(readable.flatMap((hit) => hit.sender_id ?? []));
  return readable.map((hit) => ({
    ...toMessage(deps, hit, caller, hit.is_read, accounts),
    thread_title: hit.thread_title,
    rank: hit.rank,
    highlights: highlightsOf(hit.headline),
  }));
}

/** By rights, the query has asked already; a host's own policy may say less. */
async function readableOf(deps: SearchDeps, caller: Caller, found: readonly Hit[]): Promise<readonly Hit[]> {
  const { policies, settings, views } = deps;
  if (settings.policies?.messagesList === undefined) return found;
  const hidden = hiddenFrom(settings, caller);
  const threads = [...new Set(found.map(({ thread_id }) => thread_id))];
  const mayRead = await Promise.all(
    threads.map(async (id) => {
      const view = await views.find(id, caller.id, hidden);
      const asked = { method: "GET", params: { thread_id: id } };
      return view !== null && (await policies.messagesList(caller, { ...asked, view })) ? [id] : [];
    }),
  );
  const readable = new Set(mayRead.flat());
  return found.filter(({ thread_id }) => readable.has(thread_id));
}

function highlightsOf(headline: string): HighlightPart[] {
  return headline.split(START).flatMap((piece, index): HighlightPart[] => {
    if (index === 0) return piece === "" ? [] : [{ text: piece, match: false }];
    const [match = "", after = ""] = piece.split(STOP);
    return [{ text: match, match: true }, ...(after === "" ? [] : [{ text: after, match: false }])];
  });
}
