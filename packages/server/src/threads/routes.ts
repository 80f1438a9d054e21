import {
  Choice,
  type FieldErrors,
  fields,
  Integer,
  NOTIFICATION_BITS,
  Page,
  STATES,
  Text,
  Thread,
  ThreadDetail,
} from "@colloquy/protocol";
import sql from "sql-template-tag";
import {
  authorOf,
  findDetail,
  mayReadThread,
  type ThreadContext,
  threadContext,
} from "../conversation/context.ts";
import { hiddenFrom } from "../conversation/view/visibility.ts";
import { type ShowDeps, toThreadDetail, toThreads } from "../conversation/view/wire.ts";
import type { Database } from "../database/database.ts";
import {
  defineResource,
  listQuery,
  NoContent,
  pageOf,
  parseFilters,
  parsePage,
  reply,
} from "../http/index.ts";
import type { PageLimits } from "../http/pagination.ts";
import { type MemberDeps, removeMember } from "../members/actions.ts";
import type { Directory } from "../people/directory.ts";
import { ALL_NOTIFICATIONS } from "../policies/bits.ts";
import type { Caller } from "../policies/caller.ts";
import type { Policies } from "../policies/policies.ts";
import { ModeFields, modeErrors, modeOf } from "../runs/mode.ts";
import type { SchemaStore } from "../schemas/store.ts";
import { type CreateDeps, createThread, usualThread } from "./create.ts";
import { editErrors, editThread, type ThreadDeps, type ThreadEdit } from "./edit.ts";
import { listThreads, THREAD_LIST } from "./queries.ts";

/** What it takes to serve threads. */
export interface ThreadRouteDeps extends ThreadDeps, MemberDeps, ShowDeps, CreateDeps {
  db: Database;
  people: Directory;
  policies: Policies;
  schemas: Pick<SchemaStore, "forget" | "get" | "ofQuestion">;
  settings: MemberDeps["settings"] &
    ShowDeps["settings"] & {
      pagination: PageLimits;
      threads: { creatorPermissions: number };
      types: { chat: readonly string[] };
    };
}

const notifications = Integer({
  min: 0,
  max: ALL_NOTIFICATIONS,
  required: false,
  description: `The notifications of the caller. ${NOTIFICATION_BITS}`,
});
/** What of a thread can be changed. */
export const ThreadEditBody = fields(
  {
    title: Text({
      maxLength: 255,
      required: false,
      description: "The title of the thread, the same for all members",
    }),
    state: Choice(STATES, {
      required: false,
      description:
        "The state of all members. A scripted state is possible only if the thread has one member, who has a schema",
    }),
    notifications,
  },
  { title: "ThreadEdit", description: "Changes to a thread; omitted fields stay as they are" },
);
const New = fields(
  {
    title: Text({ maxLength: 255, required: false, description: "The title; empty by default" }),
    state: Choice(STATES, {
      required: false,
      description: "The state of the creator; all states except `open` and `closed` need a `schema`",
    }),
    notifications,
    ...ModeFields,
  },
  { title: "NewThread", description: "A thread to create" },
);

/** Threads: the caller's own list, and one at a time. */
export function threadResources(deps: ThreadRouteDeps) {
  const { settings } = deps;
  const detail = (id: number, caller: Caller) => findDetail(deps, id, caller);

  const list = defineResource({
    path: "/accounts/:user_id/threads/:type",
    params: { user_id: "user", type: "string" },
    absent: 403,
    tags: ["threads"],
    policy: "threadsListByUserAndType",
    methods: {
      GET: {
        summary: "List the caller's threads",
        description:
          "The threads of one type in which the caller is a member, by default the most recently updated first. Variables are not included.",
        query: listQuery(THREAD_LIST.filters, THREAD_LIST.order, { keyset: true }),
        response: { 200: Page(Thread) },
        handle: async ({ caller, params, query, url }) => {
          const page = parsePage(query, settings.pagination);
          const filters = parseFilters(query, THREAD_LIST.filters, THREAD_LIST.order);
          const where = [sql`t.type = ${params.type}`, ...filters.where];
          const hidden = hiddenFrom(settings, caller);
          const wanted = { ...page, ...filters, where };
          const views = await listThreads(deps.db, params.user_id!, hidden, wanted);
          return pageOf(await toThreads(deps, views, caller), page, url);
        },
      },
      POST: {
        summary: "Create a thread",
        description:
          "The caller becomes its first member, with the permissions of the setting `threads.creatorPermissions`. With a `schema` and a `state` that needs one, the schema starts at once, and its first messages are posted before the response.",
        example: { body: { title: "How I sleep", state: "scripted", schema: 1 } },
        body: New,
        response: { 201: ThreadDetail },
        rules: ({ body, problems }) =>
          Object.keys(problems).length === 0 ? null : modeErrors(deps, modeOf(body), problems),
        handle: async ({ caller, params, body }) => {
          const { user_id: creator, type } = params;
          const id = await createThread(deps, { ...usualThread(settings), ...body, type, creator: creator! });
          return reply(201, await detail(id, caller));
        },
        mayRepeat: ({ caller }, answer) => mayReadThread(deps, caller, (answer as ThreadDetail).id),
      },
    },
  });

  function changeErrors({ context, body, problems }: EditCall) {
    return Object.keys(problems).length === 0 ? null : editErrors(deps, context.view, body);
  }

  const edit = {
    summary: "Change a thread",
    description:
      "Changes its title, the state of all members, or the notifications of the caller. Requires permission 32 (edit the thread).",
    body: ThreadEditBody,
    example: { body: { title: "Talking together" } },
    partial: true as const,
    response: { 200: ThreadDetail },
  };

  const one = defineResource({
    path: "/threads/:thread_id",
    params: { thread_id: "id" },
    absent: 403,
    tags: ["threads"],
    policy: "threadObject",
    context: (call) => threadContext(deps, call),
    methods: {
      GET: {
        summary: "Get a thread",
        description:
          "The thread as the caller sees it, with their current question and the variables of their run. Requires permission 16 (read the thread). A thread that does not exist gets the same 403 as one in which the caller is not a member.",
        response: { 200: ThreadDetail },
        handle: ({ caller, context }) => toThreadDetail(deps, context.view, caller),
      },
      PUT: {
        ...edit,
        rules: (call) => changeErrors(call),
        handle: async ({ caller, context, body, allows }) => {
          await editThread(deps, context.view, authorOf(caller, allows), body);
          return detail(context.view.id, caller);
        },
      },
      PATCH: {
        ...edit,
        rules: (call) => changeErrors(call),
        handle: async ({ caller, context, body, allows }) => {
          await editThread(deps, context.view, authorOf(caller, allows), body);
          return detail(context.view.id, caller);
        },
      },
      DELETE: {
        summary: "Leave a thread",
        description:
          "Removes the caller from the thread, which stays as it is for the other members. Requires permission 64 (leave).",
        response: { 204: NoContent },
        handle: async ({ caller, context, allows }) => {
          await removeMember(deps, context.view, authorOf(caller, allows), caller.id);
          return reply(204);
        },
      },
    },
  });

  return [list, one];
}

/** What the rules of an edit are called with. */
interface EditCall {
  context: ThreadContext;
  body: ThreadEdit;
  problems: FieldErrors;
}
