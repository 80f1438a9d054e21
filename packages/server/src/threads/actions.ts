import { invalid, type State, texts } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import type { Queryable, Statement } from "../database/database.ts";
import type { Viewer } from "../messages/visibility.ts";
import { memberOf, startRun } from "../runs/steps.ts";
import { changeThread } from "./change.ts";
import type { ThreadChange } from "./threadChange.ts";
import { isScripted, NO_SCHEMA, SCHEMA_STATES, type ThreadView } from "./view.ts";

export interface ThreadEdit {
  title?: string;
  state?: State;
  notifications?: number;
}

/** Changes a thread's title, everybody's state, and what the caller is told of. */
export function editThread(core: Core, seen: ThreadView, caller: Viewer, edit: ThreadEdit): Promise<void> {
  return changeThread<void>(core, seen, caller, async (view) => {
    const { state = view.state, title, notifications = view.notifications } = edit;
    const change: ThreadChange = { events: [] };
    if (title !== undefined) change.title = title;
    const member = { ...memberOf(view), notifications };
    if (edit.state !== undefined && (await othersDiffer(core.db, view, state))) {
      await checkState(core, view, state);
      if (isScripted(state)) Object.assign(change, await entered(core, { ...view, notifications, state }));
      else if (SCHEMA_STATES.includes(state)) change.members = [{ ...member, ...NO_QUESTION, state }];
      else {
        change.everyone = { state };
        change.members = [{ ...member, ...NO_SCHEMA, state }];
      }
      const data = { state, previous_state: view.state, user: caller.id };
      change.events.push({ type: "thread_state_changed", data });
    } else if (notifications !== view.notifications) change.members = [member];
    if (change.title === undefined && change.members === undefined) return { result: undefined };
    if (!view.is_member) delete change.members;
    if (notifications !== view.notifications) change.told = [view.user_id];
    change.events.push({ type: "thread_updated" });
    return { change, done: () => undefined };
  });
}

const NO_QUESTION = { question_id: null, related_message: null } as const;

/** A lone member who comes into a scripted state enters their schema. */
async function entered(core: Core, view: ThreadView): Promise<ThreadChange> {
  const schema = (await core.schemas.get(view.schema_id!))!;
  const initial = view.initial_question === null ? undefined : schema.byId.get(view.initial_question);
  return startRun(schema, view, initial?.question.qid ?? null).change;
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
async function checkState(core: Core, view: ThreadView, state: State): Promise<void> {
  if (!SCHEMA_STATES.includes(state)) return;
  const counts = await core.db.query<StateCount>(STATES, [view.id]);
  if (counts.some((row) => row.with_schema < row.members)) throw invalid({ schema: [texts.REQUIRED] });
  const members = counts.reduce((sum, row) => sum + row.members, 0);
  if (isScripted(state) && members > 1) throw invalid({ state: [texts.oneScripted] });
}
