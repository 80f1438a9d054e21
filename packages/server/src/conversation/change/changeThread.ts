import { denied, refused } from "@colloquy/protocol";
import { takenKey } from "../../database/conflicts.ts";
import type { Happened, Log } from "../../log/publish.ts";
import type { RowVersions, Watched } from "../../realtime/watched.ts";
import { unlessOutdated } from "../../schemas/outdated.ts";
import type { SchemaStore } from "../../schemas/store.ts";
import type { ThreadTypes } from "../view/threadTypes.ts";
import type { ThreadView } from "../view/view.ts";
import type { CachedView, ViewCache } from "../view/viewCache.ts";
import { type Hiding, hiddenFrom, type Viewer } from "../view/visibility.ts";
import { type FreeMessage, saying, schemasIn, type ThreadChange, touches } from "./threadChange.ts";
import type { Committed } from "./writeChange.ts";
import { type Writer, writtenEvents, writtenMessage } from "./writer.ts";

/** What it takes to change a thread. */
export interface ChangeDeps {
  writer: Writer;
  log: Pick<Log, "publish">;
  schemas: Pick<SchemaStore, "forget">;
  views: ViewCache;
  settings: Hiding & ThreadTypes;
}

/** What was decided: a change and what it means once written, or nothing to change. */
export type Decision<Result> =
  | { change: ThreadChange; done: (committed: Committed) => Result | Promise<Result> }
  | { result: Result };

/** A change is decided anew this often before the thread counts as too busy. */
const MAX_TRIES = 100;

/** Who changes a thread, and what they may do there as they see it now. */
export interface Author {
  viewer: Viewer;
  /** The policy of what they asked for. */
  may(view: ThreadView): boolean | Promise<boolean>;
  /** The permissions that they may give to others. */
  grants(view: ThreadView): number;
}

/** Somebody who holds rights of their own in the thread. */
export function memberAuthor(viewer: Viewer, may: Author["may"]): Author {
  return { viewer, may, grants: ({ permissions }) => permissions };
}

/**
 * The one way to change a thread: decides on what the author saw when they were let in, writes it if that is still so,
 * and publishes it; else looks again, asks the policy again and decides anew. `decide` is therefore called more than
 * once, and must only read.
 */
export async function changeThread<Result>(
  deps: ChangeDeps,
  seen: ThreadView,
  { viewer, may }: Author,
  decide: (view: ThreadView) => Decision<Result> | Promise<Decision<Result>>,
): Promise<Result> {
  const { writer, log, schemas, settings, views } = deps;
  let view = seen;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const decision = await decide(view);
    if ("result" in decision) return decision.result;
    const { change } = decision;
    const writing = writer.write(view, change, touches(settings, view.type, change));
    const committed = await unlessOutdated(schemas, schemasIn(change), writing);
    if (committed !== null) {
      publishChange(log, view.id, change, committed);
      return decision.done(committed);
    }
    const now = await views.find(view.id, viewer.id, hiddenFrom(settings, viewer));
    if (now === null || !(await may(now))) throw denied();
    view = now;
  }
  throw refused(503, "The thread is too busy. Try again.", { "retry-after": "1" });
}

/** A message that was said on what was remembered of its thread, and its author's view of that now. */
export interface SaidAtOnce {
  committed: Committed;
  view: ThreadView;
}

/**
 * The same for a message that is all of a change, on what is remembered of the thread, where that is as it was: it is
 * not read before. Null where it is not, or was posted before: then the thread is to be read first. Only for somebody
 * from whom nothing is hidden: of others no view is cached.
 *
 * @param watched who follows the thread here, to be looked at in the same moment
 */
export async function sayAtOnce(
  { writer, log, settings, views }: ChangeDeps,
  known: CachedView,
  message: FreeMessage,
  watched: Watched | null,
): Promise<SaidAtOnce | null> {
  const { view, version } = known;
  const change = saying(message);
  const users = [...new Set([view.user_id, ...(watched?.users ?? [])])];
  const lone = {
    thread_id: view.id,
    revision: view.revision,
    touches: touches(settings, view.type, change),
    message,
    users,
  };
  // The same message may be on its way through another node.
  const committed = await writer.writeMessage(lone).catch((error) => {
    if (isDuplicateMessage(error)) return null;
    throw error;
  });
  if (committed === null) return null;
  const { revision, versions } = committed;
  publishChange(log, view.id, change, committed, watched && { ...watched, users, revision, versions });
  // Others may have posted meanwhile, or the author read something elsewhere.
  const isAsKnown = versions[0] === version && committed.seq === view.seq + 1;
  if (isAsKnown) views.advance(known, writtenMessage(view.id, message, committed, 0));
  const now = isAsKnown ? view : ((await views.find(view.id, view.user_id, [])) ?? view);
  return { committed, view: committedView(now, committed, {}) };
}

/** Whether a message was refused since its sender had posted one under its `client_id` before. */
export function isDuplicateMessage(error: unknown): boolean {
  return takenKey(error) === "message_client_id";
}

/** Publishes what was committed, and how the commit found who watches. */
export function publishChange(
  log: Pick<Log, "publish">,
  threadId: number,
  change: ThreadChange,
  committed: Committed,
  rowVersions: RowVersions | null = null,
): void {
  const { joins = [], leaves = [], refollow = [], events } = change;
  const users = [...joins.map((member) => member.user_id), ...leaves, ...refollow];
  const after = committed.event_seq - events.length;
  const touched = users.length === 0 ? {} : { touched: users.map((user) => ({ user, after })) };
  log.publish({
    wake: { type: "thread", thread: threadId, seq: committed.event_seq, ...touched },
    happened: happenedIn(change),
    written: () => writtenEvents(threadId, change, committed, rowVersions),
  });
}

/** The events of a change, and what it has that is none. */
function happenedIn({ events, messages = [], run, finishedRuns = [] }: ThreadChange): Happened[] {
  const answers = messages.filter(({ run_role }) => run_role === "answer").length;
  const finished = finishedRuns.length + (run?.finished ? 1 : 0);
  return [
    ...events.map(({ type }) => ({ type })),
    ...(answers > 0 ? [{ type: "chat_answered", times: answers }] : []),
    ...(run === undefined ? [] : [{ type: "run_started" }]),
    ...(finished > 0 ? [{ type: "run_finished", times: finished }] : []),
  ];
}

/** The view after a change, as the caller of it sees it. */
export function committedView(view: ThreadView, committed: Committed, mode: Partial<ThreadView>): ThreadView {
  return {
    ...view,
    ...mode,
    updated: committed.updated,
    seq: committed.seq,
    revision: committed.revision,
    members_revision: committed.members_revision,
  };
}
