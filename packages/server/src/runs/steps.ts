import {
  type Answer,
  type CompiledSchema,
  type FlowEvent,
  type FlowFailure,
  type Json,
  type Mode,
  type Replayed,
  type Step,
  start,
} from "@colloquy/engine";
import type { State, UserId } from "@colloquy/protocol";
import {
  type MemberChange,
  type NewMessage,
  STARTED_RUN,
  type ThreadChange,
  type ThreadEvent,
} from "../conversation/change/threadChange.ts";
import { type Mode as MemberMode, NO_SCHEMA, type ThreadView } from "../conversation/view/view.ts";

/** What a member writes when they answer, beside the answer itself. */
export interface Authored {
  type: string;
  meta: Json;
  client_id: string | null;
  language: string | null;
}

type Owner = Pick<ThreadView, "user_id" | "permissions" | "notifications" | "language"> & MemberMode;

/** A transition of a run as a change of its thread. `answer` is the index of the answer's message. */
export interface RunChange {
  change: ThreadChange;
  member: MemberChange;
  answer: number | null;
}

export function flowMode(state: State): Mode {
  return state === "scripted" ? "scripted" : "controlled";
}

/** Starts a run of a schema for a member, at a question (by default the first). */
export function startRun(schema: CompiledSchema, owner: Owner, qid: number | null): RunChange {
  const step = start(schema, flowMode(owner.state), qid);
  const fresh: Owner = {
    ...owner,
    ...NO_SCHEMA,
    schema_id: schema.schema.id,
    run_id: STARTED_RUN,
    variables: {},
  };
  const built = applyStep(schema, fresh, step, null);
  const passed = built.change.passed?.questions ?? [];
  const finished = step.run.question === null;
  const run = { user_id: owner.user_id, schema_id: schema.schema.id, passed, finished };
  const { passed: _passed, ...change } = built.change;
  return { ...built, change: { ...change, run } };
}

/**
 * Turns what the engine did into messages, the member's new mode, and events. Where answers are not stored, options
 * that modify variables are all the same: without them the pool could not be recomputed.
 */
export function applyStep(
  schema: CompiledSchema,
  owner: Owner,
  step: Step,
  authored: Authored | null,
  { storeAnswers = true }: { storeAnswers?: boolean } = {},
): RunChange {
  const messages: NewMessage[] = [];
  const events: ThreadEvent[] = [];
  const passedBefore: number[] = [];
  let previous = owner.question_id;
  let answer: number | null = null;

  for (const event of step.events) {
    if (event.type === "shown") {
      messages.push(shownMessage(owner, event.question, previous));
      previous = event.question.id;
    } else if (event.type === "answered") {
      answer = messages.length;
      const kept = storeAnswers ? event.answers : modifying(schema, event);
      messages.push(answerMessage(owner, event, kept, authored));
      previous = event.question.id;
      if (event.answers.length > 0) events.push(chosen(owner, event, answer));
    } else if (event.type === "passed") {
      (messages.at(-1)?.passed ?? passedBefore).push(event.question.id);
    }
  }
  events.unshift(...messages.map((_, index) => ({ type: "message_created", message_new: index })));
  events.push(...endings(schema, owner, step));

  const member = memberAfter(schema, owner, step, messages);
  const ended = step.run.question === null && owner.run_id !== null && owner.run_id !== STARTED_RUN;
  return {
    answer,
    member,
    change: {
      messages,
      members: [member],
      events,
      ...(passedBefore.length > 0 ? { passed: { run: owner.run_id!, questions: passedBefore } } : {}),
      ...(ended ? { finishedRuns: [owner.run_id!] } : {}),
    },
  };
}

type Shown = Extract<FlowEvent, { type: "shown" }>["question"];
type Answered = Extract<FlowEvent, { type: "answered" }>;

function shownMessage(owner: Owner, question: Shown, predecessor: number | null): NewMessage {
  return {
    sender_id: owner.automated_sender,
    type: question.show_as_type,
    text: question.text,
    meta: question.meta,
    related_question: question.id,
    predecessor,
    run_id: owner.run_id,
    run_role: "question",
    passed: [],
  };
}

/** The options chosen that modify variables. */
function modifying(schema: CompiledSchema, { question, answers }: Answered): Answer[] {
  const { options } = schema.byId.get(question.id)!;
  return answers.filter((option) => options.get(option.id)!.length > 0);
}

function answerMessage(
  owner: Owner,
  { question, text }: Answered,
  kept: readonly Answer[],
  authored: Authored | null,
): NewMessage {
  return {
    sender_id: owner.user_id,
    type: "message",
    meta: null,
    ...authored,
    text,
    related_question: question.id,
    run_id: owner.run_id,
    run_role: "answer",
    answers: kept.map((option) => option.id),
    passed: [],
  };
}

function chosen(owner: Owner, { answers }: Answered, message: number): ThreadEvent {
  return {
    type: "answers_chosen",
    message_new: message,
    data: { user: owner.user_id, answers: answers.map((option) => option.id) },
  };
}

function endings({ schema }: CompiledSchema, owner: Owner, step: Step): ThreadEvent[] {
  const about = { user: owner.user_id, schema: schema.id };
  return step.events.flatMap((event): ThreadEvent[] => {
    if (event.type === "finished")
      return [{ type: "schema_completed", data: { ...about, variables: step.run.variables as Json } }];
    return event.type === "failed" ? [failed(schema, owner.user_id, event.failure)] : [];
  });
}

function failed({ id }: CompiledSchema["schema"], user: UserId, failure: FlowFailure): ThreadEvent {
  const { code, qid, message } = failure;
  return { type: "schema_failed", data: { user, schema: id, code, qid, detail: message } };
}

/** A run that is over because it failed: its member is in `open`, and keeps what was said. */
export function failRun(
  { schema }: CompiledSchema,
  owner: Owner,
  { variables, failure }: Replayed & { failure: FlowFailure },
): { member: MemberChange; finishedRuns: number[]; event: ThreadEvent } {
  return {
    member: { ...memberOf(owner), ...NO_SCHEMA, state: "open", variables },
    finishedRuns: [owner.run_id!],
    event: failed(schema, owner.user_id, failure),
  };
}

/** Where the member is now: at the question that waits, or in the mode that follows the run. */
function memberAfter(schema: CompiledSchema, owner: Owner, step: Step, messages: NewMessage[]): MemberChange {
  const { variables } = step.run;
  if (step.run.question === null) {
    const failed = step.events.some((event) => event.type === "failed");
    const state = !failed && owner.on_finish === "close" ? "closed" : "open";
    return { ...memberOf(owner), ...NO_SCHEMA, state, variables };
  }
  const question = schema.byQid.get(step.run.question)!.question;
  const shown = messages.findLastIndex((message) => message.run_role === "question");
  const isShown =
    shown >= 0 && messages[shown]!.related_question === question.id && owner.state === "scripted";
  return {
    ...memberOf(owner),
    variables,
    question_id: question.id,
    // A run that was not moved on still waits at the same message.
    related_message: !isShown && question.id === owner.question_id ? owner.related_message : null,
    related_new: isShown ? shown : null,
  };
}

/** The member's row as a change writes it. */
export function memberOf(owner: Owner): MemberChange {
  return {
    user_id: owner.user_id,
    permissions: owner.permissions,
    notifications: owner.notifications,
    language: owner.language,
    state: owner.state,
    schema_id: owner.schema_id,
    question_id: owner.question_id,
    related_message: owner.related_message,
    run_id: owner.run_id,
    variables: owner.variables,
    on_finish: owner.on_finish,
    initial_question: owner.initial_question,
    automated_sender: owner.automated_sender,
    frequency_unit: owner.frequency_unit,
    frequency_value: owner.frequency_value,
    repeat_until: owner.repeat_until,
    next_restart: owner.next_restart,
  };
}
