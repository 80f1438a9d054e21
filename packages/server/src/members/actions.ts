import { denied, type FieldErrors, invalid, notFound, texts, type UserId } from "@colloquy/protocol";
import { type Author, type ChangeDeps, changeThread } from "../conversation/change/changeThread.ts";
import type { MemberChange, ThreadChange } from "../conversation/change/threadChange.ts";
import { isScripted, SCHEMA_STATES, type ThreadView } from "../conversation/view/view.ts";
import type { Queryable } from "../database/database.ts";
import { holds } from "../policies/bits.ts";
import { limited } from "../runs/limited.ts";
import { checkMode, type ModeDeps, modeErrors, OPEN_MODE, type WantedMode } from "../runs/mode.ts";
import { memberOf, startRun } from "../runs/steps.ts";
import type { SchemaStore } from "../schemas/store.ts";
import { findMember, isAnotherScripted, type MemberRow } from "./queries.ts";

/** What it takes to change who is in a thread, and how. */
export interface MemberDeps extends ChangeDeps, ModeDeps {
  db: Queryable;
  schemas: Pick<SchemaStore, "forget" | "get" | "ofQuestion">;
  settings: ChangeDeps["settings"] &
    ModeDeps["settings"] & { threads: { memberPermissions: number; notifications: number } };
}

/** What is set of a member; what is left out stays, or is the default for somebody new. */
export interface MemberEdit extends Partial<WantedMode> {
  permissions?: number;
  notifications?: number;
  language?: string | null;
}

/** Adds a member, who may at once be led through a schema. */
export function addMember(
  deps: MemberDeps,
  seen: ThreadView,
  author: Author,
  user: UserId,
  edit: MemberEdit,
): Promise<MemberChange> {
  return changeThread<MemberChange>(deps, seen, author, async (view) => {
    const errors = await newMemberErrors(deps, view, author, user, edit);
    const { permissions, notifications, language, ...mode } = edit;
    const row = {
      user_id: user,
      // Left out, the usual rights, less those that the caller could not grant.
      permissions: permissions ?? deps.settings.threads.memberPermissions & author.grants(view),
      notifications: notifications ?? (deps.settings.compat ? 0 : deps.settings.threads.notifications),
      language: language ?? null,
    };
    const { change, member } = await enterMode(deps, view, row, { ...OPEN_MODE, ...mode }, errors);
    return {
      change: {
        ...change,
        joins: [member],
        events: [{ type: "member_joined", data: { user } }, ...change.events, { type: "thread_updated" }],
      },
      done: () => member,
    };
  });
}

/** What is wrong with who is added and what they may do. */
async function newMemberErrors(
  deps: MemberDeps,
  view: ThreadView,
  author: Author,
  user: UserId,
  edit: MemberEdit,
): Promise<FieldErrors> {
  const errors = grantErrors(view, author, edit);
  if ((await deps.people.find([user])).size === 0) errors.user = [texts.pkNotFound(user)];
  else if ((await findMember(deps.db, view.id, user)) !== null) errors.user = [texts.userExists];
  return errors;
}

function grantErrors(view: ThreadView, author: Author, { permissions }: MemberEdit): FieldErrors {
  const isTooMuch = permissions !== undefined && !holds(author.grants(view), permissions);
  return isTooMuch ? { permissions: [texts.permissionsTooHigh] } : {};
}

/** What is wrong with a new member of whom some fields could not be read: those are `problems`. */
export async function addErrors(
  deps: MemberDeps,
  view: ThreadView,
  author: Author,
  user: UserId | undefined,
  edit: MemberEdit,
  problems: FieldErrors,
): Promise<FieldErrors> {
  const own =
    user === undefined
      ? grantErrors(view, author, edit)
      : await newMemberErrors(deps, view, author, user, edit);
  const wanted = { ...OPEN_MODE, ...modeOf(edit) };
  return { ...(await wantedErrors(deps, view.id, user ?? null, wanted, problems)), ...own };
}

/** The same of a member who is changed. */
export async function editErrors(
  deps: MemberDeps,
  view: ThreadView,
  author: Author,
  user: UserId,
  edit: MemberEdit,
  problems: FieldErrors,
): Promise<FieldErrors> {
  const current = await findMember(deps.db, view.id, user);
  if (current === null) return {};
  const wanted = wantedMode(current, modeOf(edit));
  return {
    ...(await wantedErrors(deps, view.id, user, wanted, problems)),
    ...grantErrors(view, author, edit),
  };
}

function modeOf({
  permissions: _1,
  notifications: _2,
  language: _3,
  ...mode
}: MemberEdit): Partial<WantedMode> {
  return mode;
}

/** @param user whose mode it is; null for nobody that is known yet */
async function wantedErrors(
  deps: MemberDeps,
  threadId: number,
  user: UserId | null,
  wanted: WantedMode,
  problems: FieldErrors,
): Promise<FieldErrors> {
  const errors = await modeErrors(deps, wanted, problems);
  if (isScripted(wanted.state) && (await isAnotherScripted(deps.db, threadId, user)))
    errors.state ??= [texts.oneScripted];
  return errors;
}

type Row = Pick<MemberRow, "user_id" | "permissions" | "notifications" | "language">;

/** The mode that a member takes on, with the run that it starts. @throws all that is wrong with it, and `errors` */
async function enterMode(
  deps: MemberDeps,
  thread: Pick<ThreadView, "id" | "type">,
  row: Row,
  wanted: WantedMode,
  errors: FieldErrors,
): Promise<{ change: ThreadChange; member: MemberChange }> {
  const checked = await checkMode(deps, wanted);
  const problems = "errors" in checked ? { ...checked.errors, ...errors } : errors;
  if (isScripted(wanted.state) && (await isAnotherScripted(deps.db, thread.id, row.user_id)))
    problems.state ??= [texts.oneScripted];
  if ("errors" in checked || Object.keys(problems).length > 0) throw invalid(problems);
  const owner = { ...row, ...checked.mode };
  if (checked.schema === null || !isScripted(wanted.state))
    return { change: { events: [] }, member: memberOf(owner) };
  const schema = limited(deps.settings, thread.type, checked.schema);
  const { change, member } = startRun(schema, owner, checked.initial);
  const { members: _members, ...rest } = change;
  return { change: rest, member };
}

/** Changes another member: rights, and the mode they are in. */
export function editMember(
  deps: MemberDeps,
  seen: ThreadView,
  author: Author,
  user: UserId,
  edit: MemberEdit,
): Promise<MemberChange> {
  return changeThread<MemberChange>(deps, seen, author, async (view) => {
    const current = await findMember(deps.db, view.id, user);
    if (current === null) throw notFound();
    const {
      permissions = current.permissions,
      notifications = current.notifications,
      language,
      ...mode
    } = edit;
    const row = {
      user_id: user,
      permissions,
      notifications,
      language: language === undefined ? current.language : language,
    };
    const errors = grantErrors(view, author, edit);
    const { change, member } = await remode(deps, view, current, row, mode, errors);
    return {
      change: {
        ...change,
        members: [member],
        refollow: [user],
        events: [...change.events, { type: "thread_updated", user_id: user }],
      },
      done: () => member,
    };
  });
}

/** A member's mode with what is set of it; a state without a schema leaves the one that they had. */
function wantedMode(current: MemberRow, mode: Partial<WantedMode>): WantedMode {
  const state = mode.state ?? current.state;
  const leavesSchema =
    mode.state !== undefined && mode.schema === undefined && !SCHEMA_STATES.includes(state);
  return {
    state,
    schema: leavesSchema ? null : current.schema_id,
    initial_question: leavesSchema || mode.schema !== undefined ? null : current.initial_question,
    automated_sender: current.automated_sender,
    on_finish: current.on_finish,
    frequency_unit: current.frequency_unit,
    frequency_value: current.frequency_value,
    repeat_until: current.repeat_until,
    ...mode,
  };
}

/** A new state or schema is entered anew; what else is set of a mode goes with the run that is on. */
async function remode(
  deps: MemberDeps,
  thread: Pick<ThreadView, "id" | "type">,
  current: MemberRow,
  row: Row,
  mode: Partial<WantedMode>,
  errors: FieldErrors,
): Promise<{ change: ThreadChange; member: MemberChange }> {
  const wanted = wantedMode(current, mode);
  if (
    wanted.state !== current.state ||
    wanted.schema !== current.schema_id ||
    mode.initial_question !== undefined
  )
    return enterMode(deps, thread, row, wanted, errors);
  const checked = await checkMode(deps, wanted);
  if ("errors" in checked || Object.keys(errors).length > 0)
    throw invalid("errors" in checked ? { ...checked.errors, ...errors } : errors);
  const { schema: _schema, ...kept } = wanted;
  return { change: { events: [] }, member: memberOf({ ...current, ...row, ...kept }) };
}

/** Changes what one is told of oneself: anything else of one's own row is for others to change. */
export function editSelf(
  deps: MemberDeps,
  seen: ThreadView,
  author: Author,
  edit: MemberEdit,
): Promise<MemberChange> {
  const { notifications, language, ...rest } = edit;
  if (Object.values(rest).some((value) => value !== undefined)) throw denied();
  return changeThread<MemberChange>(deps, seen, author, (view) => {
    const member = {
      ...memberOf(view),
      notifications: notifications ?? view.notifications,
      language: language === undefined ? view.language : language,
    };
    return {
      change: {
        members: [member],
        refollow: [view.user_id],
        events: [{ type: "thread_updated", user_id: view.user_id }],
      },
      done: () => member,
    };
  });
}

/** Takes a member out of a thread: themselves, or by somebody who may. */
export function removeMember(
  deps: MemberDeps,
  seen: ThreadView,
  author: Author,
  user: UserId,
): Promise<void> {
  return changeThread<void>(deps, seen, author, async (view) => {
    if ((await findMember(deps.db, view.id, user)) === null) throw notFound();
    return {
      change: {
        leaves: [user],
        events: [{ type: "member_left", data: { user } }, { type: "thread_updated" }],
      },
      done: () => undefined,
    };
  });
}
