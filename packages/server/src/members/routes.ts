import {
  Choice,
  ControlledMember,
  type FieldErrors,
  fields,
  Integer,
  Member,
  NOTIFICATION_BITS,
  notFound,
  PERMISSION_BITS,
  STATES,
  Text,
  type UserId,
  UserPk,
} from "@colloquy/protocol";
import { Type } from "typebox";
import { authorOf, type ThreadContext, threadContext } from "../conversation/context.ts";
import type { ThreadView } from "../conversation/view/view.ts";
import { defineResource, NoContent, parsePage, reply } from "../http/index.ts";
import type { Directory } from "../people/directory.ts";
import { ALL_NOTIFICATIONS, ALL_PERMISSIONS, holds, PERMISSION } from "../policies/bits.ts";
import type { Caller } from "../policies/caller.ts";
import { EXAMPLE_USERS, type UserIds } from "../policies/userIds.ts";
import { ModeFields } from "../runs/mode.ts";
import {
  addErrors,
  addMember,
  editErrors,
  editMember,
  editSelf,
  type MemberDeps,
  type MemberEdit,
  removeMember,
} from "./actions.ts";
import { findMember, listMembers } from "./queries.ts";
import { type MemberWire, toMemberAnswers } from "./wire.ts";

/** What of a member can be set. */
export const MemberEditBody = fields(
  {
    permissions: Integer({
      min: 0,
      max: ALL_PERMISSIONS,
      required: false,
      description: `The permissions of the member. Callers can grant only permissions that they have. ${PERMISSION_BITS}`,
    }),
    notifications: Integer({
      min: 0,
      max: ALL_NOTIFICATIONS,
      required: false,
      description: `The notifications of the member. ${NOTIFICATION_BITS}`,
    }),
    language: Text({
      maxLength: 35,
      nullable: true,
      required: false,
      description: "The language of the member, as a language tag (BCP 47)",
    }),
    state: Choice(STATES, {
      required: false,
      description: "The state of the member; all states except `open` and `closed` need a `schema`",
    }),
    ...ModeFields,
  },
  { title: "MemberEdit", description: "Changes to a member; omitted fields stay as they are" },
);
const New = fields(
  { user: UserPk({ description: "The id of the user to add" }), ...MemberEditBody.properties },
  { title: "NewMember", description: "A user to add to a thread" },
);

/** The control fields are there for those who hold "control others". */
const MemberAnswer = Type.Object(
  {
    ...Member.properties,
    ...Object.fromEntries(
      Object.entries(ControlledMember.properties)
        .filter(([name]) => !(name in Member.properties))
        .map(([name, shape]) => [name, Type.Optional(shape)]),
    ),
  },
  {
    title: "Member",
    description:
      "A member of a thread. The fields of their state and schema are shown to members with permission 512 (control other members)",
  },
);

/** The members of a thread. */
export function memberResources(deps: MemberDeps & { people: Directory; settings: UserIds }) {
  const toMembers = (view: ThreadView, rows: readonly MemberWire[]) =>
    toMemberAnswers(deps, rows, { controls: holds(view.permissions, PERMISSION.CONTROL_OTHERS) });
  const toMember = async (view: ThreadView, row: MemberWire) => (await toMembers(view, [row]))[0]!;

  const list = defineResource({
    path: "/threads/:thread_id/users",
    params: { thread_id: "id" },
    absent: 403,
    tags: ["members"],
    policy: "threadUsersList",
    context: (call) => threadContext(deps, call),
    methods: {
      GET: {
        summary: "List a thread's members",
        description:
          "All members, or a page of them if `limit` is given. Requires permission 16 (read the thread).",
        query: Type.Object({
          limit: Type.Optional(
            Type.Integer({ description: "The maximum number of results; by default all" }),
          ),
          offset: Type.Optional(
            Type.Integer({ description: "The number of results to skip, if `limit` is given" }),
          ),
        }),
        response: { 200: Type.Array(MemberAnswer, { description: "The members" }) },
        handle: async ({ context, query }) => {
          const page = query.limit === undefined ? { limit: null, offset: 0 } : parsePage(query);
          return toMembers(
            context.view,
            await listMembers(deps.db, context.view.id, page.limit, page.offset),
          );
        },
      },
      POST: {
        summary: "Add a member",
        description:
          "Requires permission 128 (add members). The fields of the state and schema are ignored unless the caller has permission 512 (control other members). By default, the new member has the permissions of the setting `threads.memberPermissions`.",
        body: New,
        example: { body: { user: EXAMPLE_USERS[deps.settings.accounts.ids].doctor, permissions: 19 } },
        response: { 201: MemberAnswer },
        rules: ({ caller, context: { view }, body: { user, ...edit }, problems, allows }) => {
          if (Object.keys(problems).length === 0) return null;
          return addErrors(deps, view, authorOf(caller, allows), user, settable(view, edit), problems);
        },
        handle: async ({ caller, context: { view }, body: { user, ...edit }, allows }) => {
          const allowed = settable(view, edit);
          return reply(
            201,
            await toMember(view, await addMember(deps, view, authorOf(caller, allows), user, allowed)),
          );
        },
      },
    },
  });

  function changeErrors({ caller, context: { view }, params, body, problems, allows }: ChangeCall) {
    const { user_id } = params;
    // Of oneself nothing is set that depends on anything else.
    if (Object.keys(problems).length === 0 || user_id === null || user_id === caller.id) return null;
    return editErrors(deps, view, authorOf(caller, allows), user_id, body, problems);
  }

  const change = {
    summary: "Change a member",
    description:
      "Requires permission 512 (control other members). On their own membership, callers can change `notifications` and `language` with PATCH, and nothing else.",
    body: MemberEditBody,
    example: { body: { permissions: 19 } },
    partial: true as const,
    response: { 200: MemberAnswer },
  };

  const one = defineResource({
    path: "/threads/:thread_id/users/:user_id",
    params: { thread_id: "id", user_id: "user" },
    tags: ["members"],
    policy: "threadUsersObject",
    context: (call) => threadContext(deps, call),
    methods: {
      GET: {
        summary: "Get a member",
        description: "Requires permission 16 (read the thread).",
        response: { 200: MemberAnswer },
        handle: async ({ context: { view }, params }) => {
          const row = params.user_id === null ? null : await findMember(deps.db, view.id, params.user_id);
          if (row === null) throw notFound();
          return toMember(view, row);
        },
      },
      PUT: {
        ...change,
        rules: (call) => changeErrors(call),
        handle: async ({ caller, context: { view }, params, body, allows }) =>
          toMember(view, await editMember(deps, view, authorOf(caller, allows), idOf(params.user_id), body)),
      },
      PATCH: {
        ...change,
        rules: (call) => changeErrors(call),
        handle: async ({ caller, context: { view }, params, body, allows }) => {
          const author = authorOf(caller, allows);
          const edit = params.user_id === caller.id ? editSelf(deps, view, author, body) : null;
          return toMember(view, await (edit ?? editMember(deps, view, author, idOf(params.user_id), body)));
        },
      },
      DELETE: {
        summary: "Remove a member",
        description: "Requires permission 256 (remove members). Callers can always remove themselves.",
        response: { 204: NoContent },
        handle: async ({ caller, context: { view }, params, allows }) => {
          await removeMember(deps, view, authorOf(caller, allows), idOf(params.user_id));
          return reply(204);
        },
      },
    },
  });

  return [list, one];
}

/** What the rules of a change are called with. */
interface ChangeCall {
  caller: Caller;
  context: ThreadContext;
  params: { user_id: UserId | null };
  body: MemberEdit;
  problems: FieldErrors;
  allows(changed: ThreadContext): Promise<boolean>;
}

/** Modes are set only by those who control others; from anybody else they are ignored, as fields unknown to them. */
function settable(view: ThreadView, edit: MemberEdit): MemberEdit {
  if (holds(view.permissions, PERMISSION.CONTROL_OTHERS)) return edit;
  const { permissions, notifications, language } = edit;
  return {
    ...(permissions === undefined ? {} : { permissions }),
    ...(notifications === undefined ? {} : { notifications }),
    ...(language === undefined ? {} : { language }),
  };
}

function idOf(id: UserId | null): UserId {
  if (id === null) throw notFound();
  return id;
}
