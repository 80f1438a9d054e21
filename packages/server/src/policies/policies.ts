import type { Variables } from "@colloquy/engine";
import type { State, UserId } from "@colloquy/protocol";
import { holds, PERMISSION } from "./bits.ts";
import type { Caller } from "./caller.ts";

/** The caller's view of a thread, for policies. */
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

/** A request to authorize: its method, the parameters of its URL, and its object. */
export interface Asked {
  method: string;
  params: Record<string, string | number | null>;
  /** The caller's view of the thread, for everything below /threads. */
  view?: AskedThread;
  /** The sender, for a single message and what is attached to it; undefined if the message does not exist. */
  sender?: UserId | null;
  /** The survey, for a single survey and everything below it; undefined if it does not exist. */
  survey?: { id: number; user_id: UserId; schema_id: number };
  /** The type of the schema, for a single schema. */
  schemaType?: string;
}

/** Decides whether a request is authorized, from its arguments only. Settings can replace each policy. */
export type Policy = (caller: Caller, asked: Asked) => boolean | Promise<boolean>;

/** A policy of the host that replaces a default one, which it can still call. */
export type Replacement = (
  caller: Caller,
  asked: Asked,
  byDefault: () => boolean | Promise<boolean>,
) => boolean | Promise<boolean>;

export interface PolicyTypes {
  chatListThroughApi: readonly string[];
  schemaListThroughApi: readonly string[];
  schemaGetThroughApi: readonly string[];
  /** Whether schemas can have any type: an empty list then means all. */
  anySchema: boolean;
}

type Bits = Partial<Record<string, number>>;

/** Requires a permission per method; for other methods, that of GET. */
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

const onAttachments = byMethod({ GET: PERMISSION.THREAD_READ, POST: PERMISSION.MESSAGES_CREATE });

const onAttachment = byMethod({
  GET: PERMISSION.THREAD_READ,
  PUT: PERMISSION.MESSAGES_EDIT,
  PATCH: PERMISSION.MESSAGES_EDIT,
  DELETE: PERMISSION.MESSAGES_EDIT,
});

/** Whether the message is the caller's. One that does not exist is not refused here: it gets 404. */
const isOwn = (caller: Caller, { sender }: Asked) => sender === undefined || sender === caller.id;

const superuser: Policy = (caller) => caller.isSuperuser;
/** A survey that does not exist is not refused here: it gets 404. */
const onOwnSurvey: Policy = (caller, { survey }) => survey === undefined || survey.user_id === caller.id;
const self: Policy = (caller, { params }) => params.user_id === caller.id;

/** The default policies: the only place for authorization rules, one policy per endpoint. */
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
    /** Members can read, leave and change their own notifications (the action refuses other changes). */
    threadUsersObject: (caller, asked) =>
      self(caller, asked)
        ? asked.view?.is_member === true && asked.method !== "PUT"
        : onMember(caller, asked),
    messagesList: byMethod({ GET: PERMISSION.MESSAGES_READ, POST: PERMISSION.MESSAGES_CREATE }),
    /** Members can edit only their own messages. */
    messageObject: (caller, asked) =>
      onMessage(caller, asked) && (!["PUT", "PATCH"].includes(asked.method) || isOwn(caller, asked)),
    /** Members can attach only to their own messages. */
    attachmentsList: (caller, asked) =>
      onAttachments(caller, asked) && (asked.method === "GET" || isOwn(caller, asked)),
    attachmentObject: (caller, asked) =>
      onAttachment(caller, asked) && (asked.method === "GET" || isOwn(caller, asked)),
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
    /** Requires authentication only: for one's own account, and tickets. */
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

/** The default policies, with the host's replacements. */
export function replacePolicies(defaults: Policies, replacements: Replacements = {}): Policies {
  const replaced = Object.entries(replacements).map(([name, replacement]): [string, Policy] => [
    name,
    (caller, asked) => replacement(caller, asked, () => defaults[name as PolicyName](caller, asked)),
  ]);
  return { ...defaults, ...Object.fromEntries(replaced) };
}
