import type { Json, Variables } from "@colloquy/engine";
import {
  type Message,
  notFound,
  type Schema,
  type Survey,
  type SurveyItem,
  type ThreadDetail,
  type UserId,
} from "@colloquy/protocol";
import { type Author, changeThread, memberAuthor } from "./conversation/change/changeThread.ts";
import { saying } from "./conversation/change/threadChange.ts";
import type { Committed } from "./conversation/change/writeChange.ts";
import type { ThreadView } from "./conversation/view/view.ts";
import { hiddenFrom } from "./conversation/view/visibility.ts";
import { toMessage, toThreadDetail } from "./conversation/view/wire.ts";
import type { Core } from "./core.ts";
import type { EventHandlers, EventName } from "./log/hostEvents.ts";
import type { Subscription } from "./log/hostReader.ts";
import { addMember, editMember, type MemberEdit, removeMember } from "./members/actions.ts";
import { postMessage } from "./messages/post.ts";
import { listMessages } from "./messages/queries.ts";
import { ALL_PERMISSIONS } from "./policies/bits.ts";
import type { Caller } from "./policies/caller.ts";
import { expectUserId } from "./policies/userIds.ts";
import { OPEN_MODE } from "./runs/mode.ts";
import { importDocument } from "./schemas/importDocument.ts";
import { findSchema } from "./schemas/queries.ts";
import { toSchema } from "./schemas/wire.ts";
import { putItems } from "./surveys/answer.ts";
import { createSurvey } from "./surveys/create.ts";
import { ALL_ITEMS, findSnapshot, listItems, type Snapshot } from "./surveys/queries.ts";
import { removeSurvey } from "./surveys/remove.ts";
import { toItems, toSurvey } from "./surveys/wire.ts";
import { createThread, type NewThread } from "./threads/create.ts";

/** What a host does in code: as the API, but in nobody's name, so that no policy is asked. */
export interface Service {
  schemas: {
    /** Stores a schema document, and publishes it unless told otherwise. */
    load(document: unknown, options?: { publish?: boolean }): Promise<Schema>;
  };
  threads: {
    /** Makes a thread with its first member, who may at once be led through a schema. */
    create(thread: Partial<NewThread> & { creator: UserId }): Promise<ThreadDetail>;
    /** A thread as one of its members sees it. */
    get(thread: number, user: UserId): Promise<ThreadDetail>;
    /** The newest messages as a member sees them, oldest first; nothing is marked as read. */
    messages(thread: number, user: UserId, options?: { limit?: number; before?: number }): Promise<Message[]>;
  };
  members: {
    add(thread: number, user: UserId, edit?: MemberEdit): Promise<void>;
    /** Changes a member; a new state or schema starts or stops their run. */
    edit(thread: number, user: UserId, edit: MemberEdit): Promise<void>;
    remove(thread: number, user: UserId): Promise<void>;
  };
  messages: {
    /** Posts, or answers the question that waits, as a member; a confirmation answers null. */
    post(thread: number, user: UserId, draft: MessageDraft): Promise<Message | null>;
    /** Posts in nobody's name, or in somebody's who need not be a member. */
    automate(
      thread: number,
      message: { text: string; type?: string; meta?: Json; sender?: UserId | null },
    ): Promise<number>;
  };
  runs: {
    /** Leads a member through a schema from now on. */
    start(thread: number, user: UserId, schema: number, options?: MemberEdit): Promise<void>;
    /** Ends a member's run: they are in `open`. */
    stop(thread: number, user: UserId): Promise<void>;
  };
  surveys: {
    /** Begins a survey of a user on a published schema. */
    create(survey: { user: UserId; schema: number; automated_sender?: UserId | null }): Promise<Survey>;
    get(survey: number): Promise<Survey & { variables_pool: Variables }>;
    /** Its answers, by the position of their questions. */
    items(survey: number): Promise<SurveyItem[]>;
    /** Answers questions, all or none, in the user's name; an earlier answer to a question is replaced. */
    answer(survey: number, answers: readonly SurveyAnswer[]): Promise<Survey>;
    remove(survey: number): Promise<void>;
  };
  /** Calls the handler for each event from now on, at least once, after its commit; answers how to stop, and `begun`. */
  on<Name extends EventName>(name: Name, handler: NonNullable<EventHandlers[Name]>): Subscription;
}

export interface MessageDraft {
  text?: string;
  type?: string;
  meta?: Json;
  answers?: number[];
  /** The question answered: where the front end controls the run it must be named. */
  question?: number;
  /** The message that showed this question: with it, the answer counts for that one only. */
  related_message?: number;
  break_state?: boolean;
  client_id?: string;
}

/** An answer to a question of a survey, by the question's id. */
export interface SurveyAnswer {
  related_question: number;
  answers?: number[];
  text?: string;
  meta?: Json;
}

export function openService(core: Core): Service {
  const { settings, db } = core;

  const { ids } = settings.accounts;
  /** No user's id, for what the host does in nobody's name. */
  const nobody = ids === "integer" ? 0 : "";
  const author = hostAuthor(nobody);

  /** An id that the host gave. @throws TypeError where it can be no user's */
  const user = (id: UserId) => expectUserId(ids, id, "A call");
  const sender = (id: UserId | null) => (id === null ? null : user(id));

  function edited(edit: MemberEdit): MemberEdit {
    if (edit.automated_sender !== undefined) sender(edit.automated_sender);
    return edit;
  }

  async function viewOf(thread: number, user: UserId): Promise<ThreadView> {
    const view = await core.views.find(thread, user, hiddenFrom(settings, asUser(user)));
    if (view === null) throw notFound();
    return view;
  }

  async function theSurvey(id: number): Promise<Snapshot> {
    const survey = await findSnapshot(db, id);
    if (survey === null) throw notFound();
    return survey;
  }

  return {
    schemas: {
      async load(document, { publish = true } = {}) {
        const { id } = await importDocument(core, document, { publish });
        const [row, compiled] = [await findSchema(db, id), await core.schemas.get(id)];
        if (row === null || compiled === null) throw notFound();
        return toSchema(core, compiled.schema, row);
      },
    },
    threads: {
      async create(thread) {
        const creator = user(thread.creator);
        sender(thread.automated_sender ?? null);
        const id = await createThread(core, { ...defaults(core), ...thread });
        return toThreadDetail(core, await viewOf(id, creator), asUser(creator));
      },
      get: async (thread, id) => toThreadDetail(core, await viewOf(thread, user(id)), asUser(id)),
      async messages(thread, id, { limit = 20, before = Number.MAX_SAFE_INTEGER } = {}) {
        const page = { text: null, where: [], order: null, limit, offset: 0, before, after: null };
        const rows = await listMessages(db, thread, user(id), hiddenFrom(settings, asUser(id)), page);
        const accounts = await core.people.show(rows.flatMap((row) => row.sender_id ?? []));
        return rows.map((row) => toMessage(row, id, row.is_read, accounts));
      },
    },
    members: {
      async add(thread, id, edit = {}) {
        await addMember(core, await viewOf(thread, nobody), author, user(id), edited(edit));
      },
      async edit(thread, id, edit) {
        await editMember(core, await viewOf(thread, nobody), author, user(id), edited(edit));
      },
      async remove(thread, id) {
        await removeMember(core, await viewOf(thread, nobody), author, user(id));
      },
    },
    messages: {
      async post(thread, who, draft) {
        const id = user(who);
        const request = {};
        core.inFlight.arrive(thread, request);
        const attempt = core.inFlight.attempt(request, id);
        try {
          const view = await viewOf(thread, id);
          const { message } = await postMessage(
            core,
            view,
            allowed(asUser(id)),
            { ...EMPTY, ...draft },
            attempt,
          );
          if (message === null) return null;
          return toMessage(message, id, message.is_read, await core.people.show([id]));
        } finally {
          core.inFlight.leave(request);
        }
      },
      async automate(thread, { text, type = "automated_message", meta = null, sender: id = null }) {
        const change = saying({ sender_id: sender(id), type, text, meta });
        const done = ({ messages }: Committed) => messages[0]!.id;
        return changeThread(core, await viewOf(thread, nobody), author, () => ({ change, done }));
      },
    },
    runs: {
      async start(thread, id, schema, options = {}) {
        await editMember(core, await viewOf(thread, nobody), author, user(id), {
          state: "scripted",
          ...edited(options),
          schema,
        });
      },
      async stop(thread, id) {
        await editMember(core, await viewOf(thread, nobody), author, user(id), { state: "open" });
      },
    },
    surveys: {
      async create({ user: id, schema, automated_sender = null }) {
        const survey = { user: user(id), schema, automated_sender: sender(automated_sender) };
        return toSurvey(core, await createSurvey(core, survey));
      },
      async get(id) {
        const survey = await theSurvey(id);
        return { ...(await toSurvey(core, survey)), variables_pool: survey.variables };
      },
      async items(id) {
        const survey = await theSurvey(id);
        const schema = await core.schemas.get(survey.schema_id);
        if (schema === null) throw notFound();
        return toItems(core, survey, schema, await listItems(db, id, ALL_ITEMS));
      },
      async answer(id, answers) {
        const survey = await theSurvey(id);
        const entries = answers.map((answer) => ({ answers: [], text: "", meta: null, ...answer }));
        return toSurvey(core, (await putItems(core, survey, ANYBODY, survey.user_id, entries)).survey);
      },
      remove: async (id) => removeSurvey(core, await theSurvey(id)),
    },
    on: (name, handler) => core.host.on(name, handler),
  };
}

/** The host asks nobody. */
const ANYBODY = () => true;

/** The host may do everything. */
function hostAuthor(id: UserId): Author {
  return { viewer: { ...asUser(id), isSuperuser: true }, may: () => true, grants: () => ALL_PERMISSIONS };
}

/** No policy is asked of what the host does in somebody's name. */
function allowed(viewer: Caller): Author {
  return memberAuthor(viewer, () => true);
}

function asUser(id: UserId): Caller {
  return { id, isSuperuser: false, language: null, timeZone: null };
}

const EMPTY = {
  text: "",
  type: "message",
  meta: null,
  answers: [],
  question: null,
  related_message: null,
  break_state: false,
  client_id: null,
  language: null,
};

function defaults({ settings }: Core): Omit<NewThread, "creator"> {
  return {
    type: settings.types.chat[0] ?? "chat",
    title: "",
    notifications: settings.threads.notifications,
    permissions: settings.threads.creatorPermissions,
    ...OPEN_MODE,
  };
}
