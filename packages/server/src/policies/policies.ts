import type { Variables } from "@colloquy/engine";
import type { State, UserId } from "@colloquy/protocol";
import { holds, PERMISSION } from "./bits.ts";
import type { Caller } from "./caller.ts";

/** A thread as a policy may look at it: how the caller sees it. */
export interface AskedThread {
  id: number;
  type: string;
  title: string;
  created: string;
  updated: string;
  /** The caller. */
  user_id: UserId;
  is_member: boolean;
  state: State;
  schema_id: number | null;
  question_id: number | null;
  run_id: number | null;
  variables: Variables;
  automated_sender: UserId | null;
  permissions: number;
  notifications: number;
  language: string | null;
  unread: number;
}

/** What is asked: by which method, at what address, and what is known of the object. */
export interface Asked {
  method: string;
  params: Record<string, string | number | null>;
  /** The thread as the caller sees it, on everything below /threads. */
  view?: AskedThread;
  /** The message's sender, on one message; undefined where there is no such message. */
  sender?: UserId | null;
  /** The survey, on one survey and everything below it; undefined where there is none. */
  survey?: { id: number; user_id: UserId; schema_id: number };
  /** The schema's type, on one schema. */
  schemaType?: string;
}

/** Whether the caller may. Plain functions of what they are given; each can be replaced in settings. */
export type Policy = (caller: Caller, asked: Asked) => boolean | Promise<boolean>;

/** The host's policy in place of a default one, which it may still ask. */
export type Replacement = (
  caller: Caller,
  asked: Asked,
  byDefault: () => boolean | Promise<boolean>,
) => boolean | Promise<boolean>;

export interface PolicyTypes {
  chatListThroughApi: readonly string[];
  schemaListThroughApi: readonly string[];
  schemaGetThroughApi: readonly string[];
  /** Schemas may have any type: an empty list then means all. */
  anySchema: boolean;
}

type Bits = Partial<Record<string, number>>;

/** A right per method, of the caller's own member row; methods that are not listed ask as GET. */
function byMethod(bits: Bits & { GET: number }): Policy {
  return (_caller, { method, view }) =>
    view?.is_member === true && holds(view.permissions, bits[method] ?? bits.GET);
}

const onMember = byMethod({
  GET: PERMISSION.THREAD_READ,
  PUT: PERMISSION.CONTROL_OTHERS,
  PATCH: PERMISSION.CONTROL_OTHERS,
  DELETE: PERMISSION.REMOVE_USER,
});

const onMessage = byMethod({
  GET: PERMISSION.MESSAGES_READ,
  PUT: PERMISSION.MESSAGES_EDIT,
  PATCH: PERMISSION.MESSAGES_EDIT,
  DELETE: PERMISSION.MESSAGES_DELETE,
});

const superuser: Policy = (caller) => caller.isSuperuser;
/** Where there is no survey, there is nothing to refuse: the answer is 404. */
const onOwnSurvey: Policy = (caller, { survey }) => survey === undefined || survey.user_id === caller.id;
const self: Policy = (caller, { params }) => params.user_id === caller.id;

/** Who may do what: the one table, a policy per endpoint. */
export function defaultPolicies(types: PolicyTypes) {
  const includes = (listed: readonly string[], type: string) =>
    listed.includes(type) || (types.anySchema && listed.length === 0);
  return {
    threadsListByUserAndType: (caller, asked) =>
      asked.params.user_id === caller.id && types.chatListThroughApi.includes(String(asked.params.type)),
    threadObject: byMethod({
      GET: PERMISSION.THREAD_READ,
      PUT: PERMISSION.THREAD_EDIT,
      PATCH: PERMISSION.THREAD_EDIT,
      DELETE: PERMISSION.THREAD_DELETE,
    }),
    threadUsersList: byMethod({ GET: PERMISSION.THREAD_READ, POST: PERMISSION.ADD_USER }),
    /** On oneself: look, leave, and change what one is told of (the action refuses the rest). */
    threadUsersObject: (caller, asked) =>
      self(caller, asked)
        ? asked.view?.is_member === true && asked.method !== "PUT"
        : onMember(caller, asked),
    messagesList: byMethod({ GET: PERMISSION.MESSAGES_READ, POST: PERMISSION.MESSAGES_CREATE }),
    /** Only one's own messages are edited. */
    messageObject: (caller, asked) =>
      onMessage(caller, asked) &&
      (!["PUT", "PATCH"].includes(asked.method) || asked.sender === undefined || asked.sender === caller.id),
    messageHistory: superuser,
    threadRead: byMethod({ GET: PERMISSION.MESSAGES_READ }),
    threadRollback: byMethod({ GET: PERMISSION.ROLLBACK }),
    threadWsSubscribe: superuser,
    schemaListByType: (_caller, { params }) => includes(types.schemaListThroughApi, String(params.key)),
    schemaObject: (_caller, { schemaType }) =>
      schemaType === undefined || includes(types.schemaGetThroughApi, schemaType),
    surveysGlobalList: superuser,
    surveysListByUser: self,
    surveyObject: onOwnSurvey,
    surveyItemsList: onOwnSurvey,
    surveyItemObject: onOwnSurvey,
    admin: superuser,
    /** What needs only to be somebody: one's own account, a ticket for the socket. */
    own: () => true,
  } satisfies Record<string, Policy>;
}

export type PolicyName = keyof ReturnType<typeof defaultPolicies>;
export type Policies = Record<PolicyName, Policy>;
export type Replacements = { [Name in PolicyName]?: Replacement };

export const POLICY_NAMES = Object.keys(
  defaultPolicies({
    chatListThroughApi: [],
    schemaListThroughApi: [],
    schemaGetThroughApi: [],
    anySchema: false,
  }),
) as PolicyName[];

/** The default policies with the host's in place of those that it names. */
export function replacePolicies(defaults: Policies, replacements: Replacements = {}): Policies {
  const replaced = Object.entries(replacements).map(([name, replacement]): [string, Policy] => [
    name,
    (caller, asked) => replacement(caller, asked, () => defaults[name as PolicyName](caller, asked)),
  ]);
  return { ...defaults, ...Object.fromEntries(replaced) };
}
