import { type FieldErrors, invalid, type State, texts } from "@colloquy/protocol";
import { type Author, type ChangeDeps, changeThread } from "../conversation/change/changeThread.ts";
import type { ThreadChange } from "../conversation/change/threadChange.ts";
import {
  isScripted,
  type Mode,
  NO_SCHEMA,
  SCHEMA_STATES,
  type ThreadView,
} from "../conversation/view/view.ts";
import type { Queryable, Statement } from "../database/database.ts";
import { listMembers } from "../members/queries.ts";
import { limited } from "../runs/limited.ts";
import { memberOf, startRun } from "../runs/steps.ts";
import type { SchemaStore } from "../schemas/store.ts";

/** What it takes to edit a thread. */
export interface ThreadDeps extends ChangeDeps {
  db: Queryable;
  schemas: Pick<SchemaStore, "forget" | "get">;
}

export interface ThreadEdit {
  title?: string;
  state?: State;
  notifications?: number;
}

/** Changes a thread's title, everybody's state, and what the caller is told of. */
export function editThread(
  deps: ThreadDeps,
  seen: ThreadView,
  author: Author,
  edit: ThreadEdit,
): Promise<void> {
  return changeThread<void>(deps, seen, author, async (view) => {
    const { state = view.state, title, notifications = view.notifications } = edit;
    const change: ThreadChange = { events: [] };
    if (title !== undefined) change.title = title;
    const isTold = view.is_member && notifications !== view.notifications;
    const own = (mode: Partial<Mode>) =>
      view.is_member ? [{ ...memberOf(view), notifications, ...mode }] : [];
    if (edit.state !== undefined && (await othersDiffer(deps.db, view, state))) {
      const errors = await stateErrors(deps, view, state);
      if (Object.keys(errors).length > 0) throw invalid(errors);
      if (isScripted(state)) Object.assign(change, await entered(deps, view, { state, notifications }));
      else {
        const keepsSchema = SCHEMA_STATES.includes(state);
        change.everyone = { state, keepsSchema };
        change.members = own({ ...(keepsSchema ? NO_QUESTION : NO_SCHEMA), state });
      }
      const data = { state, previous_state: view.state, user: author.viewer.id };
      change.events.push({ type: "thread_state_changed", data });
    } else if (isTold) change.members = own({});
    if (change.events.length === 0 && title === undefined && !isTold) return { result: undefined };
    if (isTold) change.refollow = [view.user_id];
    change.events.push({ type: "thread_updated" });
    return { change, done: () => undefined };
  });
}

const NO_QUESTION = { question_id: null, related_message: null } as const;

/** The only member, who need not be the one who says so, comes into a scripted state and enters their schema. */
async function entered(
  deps: ThreadDeps,
  view: ThreadView,
  wanted: { state: State; notifications: number },
): Promise<ThreadChange> {
  const [member] = await listMembers(deps.db, view.id, 1, 0);
  // Somebody may have changed the member since it was seen that they have a schema.
  const schema = member?.schema_id == null ? null : await deps.schemas.get(member.schema_id);
  if (schema === null) throw invalid({ schema: [texts.REQUIRED] });
  const owner = { ...member!, ...(view.is_member ? wanted : { state: wanted.state }) };
  const initial = owner.initial_question === null ? undefined : schema.byId.get(owner.initial_question);
  return startRun(limited(deps.settings, view.type, schema), owner, initial?.question.qid ?? null).change;
}

const STATES: Statement = {
  name: "thread_states",
  text: "select state, count(*)::int8 as members, count(schema_id)::int8 as with_schema from member where thread_id = $1 group by state",
};

interface StateCount {
  state: State;
  members: number;
  with_schema: number;
}

async function othersDiffer(db: Queryable, view: ThreadView, state: State): Promise<boolean> {
  return (await db.query<StateCount>(STATES, [view.id])).some((row) => row.state !== state);
}

/** A state with a schema suits all members only where each has one, and a scripted one only a lone member. */
async function stateErrors(deps: ThreadDeps, view: ThreadView, state: State): Promise<FieldErrors> {
  const errors: FieldErrors = {};
  if (!SCHEMA_STATES.includes(state)) return errors;
  const counts = await deps.db.query<StateCount>(STATES, [view.id]);
  if (counts.some((row) => row.with_schema < row.members)) errors.schema = [texts.REQUIRED];
  const members = counts.reduce((sum, row) => sum + row.members, 0);
  if (isScripted(state) && members > 1) errors.state = [texts.oneScripted];
  return errors;
}

/** What is wrong with an edit of which other fields could not be read. */
export async function editErrors(
  deps: ThreadDeps,
  view: ThreadView,
  { state }: ThreadEdit,
): Promise<FieldErrors> {
  const isSet = state !== undefined && (await othersDiffer(deps.db, view, state));
  return isSet ? stateErrors(deps, view, state) : {};
}
