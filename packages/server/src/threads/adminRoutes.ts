import {
  As,
  Choice,
  fields,
  Integer,
  invalid,
  ListOf,
  Nested,
  NOTIFICATION_BITS,
  notFound,
  Page,
  PERMISSION_BITS,
  STATES,
  Text,
  Thread,
  ThreadDetail,
  texts,
  type UserId,
  UserPk,
  UserRef,
} from "@colloquy/protocol";
import { Type } from "typebox";
import { findDetail } from "../conversation/context.ts";
import { hiddenFrom } from "../conversation/view/visibility.ts";
import { toThreads } from "../conversation/view/wire.ts";
import {
  defineResource,
  listQuery,
  pageOf,
  parseFilters,
  parsePage,
  type Query,
  reply,
} from "../http/index.ts";
import { unknownUser } from "../people/unknown.ts";
import { ALL_NOTIFICATIONS, ALL_PERMISSIONS } from "../policies/bits.ts";
import { EXAMPLE_USERS, readUserId, type UserIds } from "../policies/userIds.ts";
import { ModeFields, modeErrors, modeOf } from "../runs/mode.ts";
import { createThread, usualThread } from "./create.ts";
import { ALL_THREADS_LIST, listAllThreads } from "./queries.ts";
import type { ThreadRouteDeps } from "./routes.ts";

/** Members of a new thread besides its creator. */
const MOST_MEMBERS = 100;

const permissions = Integer({
  min: 0,
  max: ALL_PERMISSIONS,
  required: false,
  description: `Their permissions; by default those of a setting. ${PERMISSION_BITS}`,
});
const notifications = Integer({
  min: 0,
  max: ALL_NOTIFICATIONS,
  required: false,
  description: `Their notifications. ${NOTIFICATION_BITS}`,
});

const Other = fields(
  {
    user: UserPk({ description: "The id of the user" }),
    permissions,
    notifications,
    language: Text({
      maxLength: 35,
      nullable: true,
      required: false,
      description: "Their language, as a language tag (BCP 47)",
    }),
  },
  { title: "NewThreadMember", description: "A member of a thread to create" },
);
/** A thread as it is begun for others. */
export const NewThreadBody = fields(
  {
    creator: UserPk({ description: "The id of the user who becomes its first member" }),
    type: Text({
      maxLength: 50,
      required: false,
      description: "One of the setting `types.chat`; by default the first",
    }),
    title: Text({ maxLength: 255, required: false, description: "The title; empty by default" }),
    permissions,
    notifications,
    members: ListOf(Nested(Other), {
      required: false,
      maxItems: MOST_MEMBERS,
      description: "Its other members, who are in the state `open`",
    }),
    state: Choice(STATES, {
      required: false,
      description: "The state of the creator; all states except `open` and `closed` need a `schema`",
    }),
    ...ModeFields,
  },
  { title: "NewThreadOf", description: "A thread to create for others" },
);

/** Threads for superusers: which there are, without what is said in them, and new ones between others. */
export function adminThreadResources(deps: ThreadRouteDeps & { settings: UserIds }) {
  const { settings } = deps;
  const { filters, order } = ALL_THREADS_LIST;
  const { patient, doctor } = EXAMPLE_USERS[settings.accounts.ids];

  function memberIn({ member }: Query): UserId | null {
    if (member === undefined || member === "") return null;
    const id = readUserId(settings.accounts.ids, member);
    if (id === null) throw invalid({ member: [texts.filterNumber] });
    return id;
  }

  const list = defineResource({
    path: "/admin/threads",
    tags: ["threads"],
    policy: "admin",
    methods: {
      GET: {
        summary: "List all threads",
        description: "Threads with their members, without messages; the newest first. Superusers only.",
        query: Type.Object({
          ...listQuery(filters, order, { keyset: true }).properties,
          member: Type.Optional(As(UserRef, "Only threads of which this user is a member")),
        }),
        response: { 200: Page(Thread) },
        handle: async ({ caller, query, url }) => {
          const page = parsePage(query, settings.pagination);
          const wanted = { ...page, ...parseFilters(query, filters, order), member: memberIn(query) };
          const views = await listAllThreads(deps.db, caller.id, hiddenFrom(settings, caller), wanted);
          return pageOf(await toThreads(deps, views, caller), page, url);
        },
      },
      POST: {
        summary: "Create a thread for others",
        description:
          "With a `schema` and a `state` that needs one, the schema starts for the creator at once. Superusers only.",
        body: NewThreadBody,
        example: {
          body: { creator: patient, title: "Checking in", members: [{ user: doctor, permissions: 19 }] },
        },
        response: { 201: ThreadDetail },
        rules: async ({ body, problems }) => ({
          ...(Object.keys(problems).length === 0 ? {} : await modeErrors(deps, modeOf(body), problems)),
          ...(await unknownUser(deps.people, "creator", body.creator)),
        }),
        handle: async ({ caller, body }) => {
          const id = await createThread(deps, { ...usualThread(settings), ...body });
          return reply(201, await findDetail(deps, id, caller));
        },
      },
    },
  });

  const one = defineResource({
    path: "/admin/threads/:thread_id",
    params: { thread_id: "id" },
    tags: ["threads"],
    policy: "admin",
    methods: {
      GET: {
        summary: "Get any thread",
        description: "The thread with its members, without messages. Superusers only.",
        response: { 200: ThreadDetail },
        handle: ({ caller, params }) => {
          if (params.thread_id === null) throw notFound();
          return findDetail(deps, params.thread_id, caller);
        },
      },
    },
  });

  return [list, one];
}
