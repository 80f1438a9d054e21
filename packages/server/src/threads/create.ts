import { type FieldErrors, invalid, texts, type UserId } from "@colloquy/protocol";
import { type BeginDeps, beginThread } from "../conversation/change/beginThread.ts";
import type { MemberChange, ThreadChange } from "../conversation/change/threadChange.ts";
import { isScripted } from "../conversation/view/view.ts";
import { limited } from "../runs/limited.ts";
import { checkMode, type ModeDeps, OPEN_MODE, type WantedMode } from "../runs/mode.ts";
import { memberOf, type RunChange, startRun } from "../runs/steps.ts";

export interface NewThread extends WantedMode {
  type: string;
  title: string;
  creator: UserId;
  notifications: number;
  permissions: number;
  /** Who else is in it from the start, in `open`. */
  members?: readonly NewThreadMember[];
}

/** What is left out is as usual for members. */
export interface NewThreadMember {
  user: UserId;
  notifications?: number;
  permissions?: number;
  language?: string | null;
}

/** What it takes to make threads. */
export interface CreateDeps extends BeginDeps, ModeDeps {
  schemas: BeginDeps["schemas"] & ModeDeps["schemas"];
  settings: ModeDeps["settings"] & { threads: { memberPermissions: number; notifications: number } };
}

/** What a new thread is unless something else is asked for. */
export function usualThread({ types, threads }: UsualThreads): Omit<NewThread, "creator"> {
  return {
    type: types.chat[0] ?? "chat",
    title: "",
    notifications: threads.notifications,
    permissions: threads.creatorPermissions,
    ...OPEN_MODE,
  };
}

/** The settings that say so. */
export interface UsualThreads {
  types: { chat: readonly string[] };
  threads: { notifications: number; creatorPermissions: number };
}

/** Makes a thread with its creator, who is at once in the wanted mode, and other members. Answers its id. */
export function createThread(deps: CreateDeps, wanted: NewThread): Promise<number> {
  return beginThread(deps, wanted, () => decide(deps, wanted));
}

/** How a thread begins. @throws 400 with all that is wrong with the mode and the members */
async function decide(deps: CreateDeps, wanted: NewThread): Promise<ThreadChange> {
  const { type, title: _title, creator: user_id, notifications, permissions, members = [], ...mode } = wanted;
  const checked = await checkMode(deps, mode);
  const wrong = await memberErrors(deps, user_id, members);
  if ("errors" in checked) throw invalid({ ...checked.errors, ...wrong });
  if (wrong !== null) throw invalid(wrong);
  const owner = { user_id, notifications, permissions, language: null, ...checked.mode };
  const begun: RunChange | null =
    checked.schema !== null && isScripted(owner.state)
      ? startRun(limited(deps.settings, type, checked.schema), owner, checked.initial)
      : null;

  const { members: _members, ...started } = begun?.change ?? { events: [] };
  return {
    ...started,
    joins: [begun?.member ?? memberOf(owner), ...members.map((member) => openMember(deps, member))],
    // The creator's other devices learn of it, too.
    events: [
      ...[user_id, ...members.map(({ user }) => user)].map((user) => ({
        type: "member_joined",
        data: { user },
      })),
      ...started.events,
      { type: "thread_updated" },
    ],
  };
}

function openMember({ settings }: CreateDeps, member: NewThreadMember): MemberChange {
  const { schema: schema_id, ...mode } = OPEN_MODE;
  return memberOf({
    ...mode,
    schema_id,
    ...NOT_ASKED,
    user_id: member.user,
    permissions: member.permissions ?? settings.threads.memberPermissions,
    notifications: member.notifications ?? settings.threads.notifications,
    language: member.language ?? null,
  });
}

const NOT_ASKED = {
  question_id: null,
  related_message: null,
  run_id: null,
  variables: {},
  next_restart: null,
} as const;

/** What is wrong with who else is to be in a thread: one object per member, empty where it is fine. */
async function memberErrors(
  { people }: CreateDeps,
  creator: UserId,
  members: readonly NewThreadMember[],
): Promise<FieldErrors | null> {
  if (members.length === 0) return null;
  const known = await people.find(members.map(({ user }) => user));
  const seen = new Set([creator]);
  const problems = members.map(({ user }): FieldErrors => {
    if (!known.has(user)) return { user: [texts.pkNotFound(user)] };
    if (seen.has(user)) return { user: [texts.userExists] };
    seen.add(user);
    return {};
  });
  return problems.every((problem) => Object.keys(problem).length === 0) ? null : { members: problems };
}
