import type { Json } from "@colloquy/engine";
import type { State, UserId } from "@colloquy/protocol";

/** What the host is told of: event name → data. Ids are those of the wire. */
export interface Events {
  message_created: { thread: number; message: number };
  message_updated: { thread: number; message: number };
  message_deleted: { thread: number; message: number };
  /** A person chose options of a choice or multichoice. */
  answers_chosen: { thread: number; message: number; user: UserId; answers: number[] };
  schema_completed: { thread: number; user: UserId; schema: number; variables: { [name: string]: Json } };
  /** A run stopped at a fault of its schema, and the member is in `open`; or a branch of a survey did. */
  schema_failed: ({ thread: number } | { survey: number }) & {
    user: UserId;
    schema: number;
    code: string;
    qid: number;
    detail: string;
  };
  thread_state_changed: { thread: number; state: State; previous_state: State; user: UserId };
  member_joined: { thread: number; user: UserId };
  member_left: { thread: number; user: UserId };
  /** A survey began, an answer of it came, changed or went, or (`deleted`) the survey did. */
  survey_updated: { survey: number; user: UserId; schema: number; deleted?: true };
  /** All that the survey requires is answered; told again each time that it becomes so. */
  survey_completed: { survey: number; user: UserId; schema: number; variables: { [name: string]: Json } };
}

export type EventName = keyof Events;

/** An event as the host gets it. `id` is the same each time that the event is handed over. */
export type HostEvent = {
  [Name in EventName]: { id: string; type: Name; data: Events[Name]; created: string };
}[EventName];

export type EventHandlers = {
  [Name in EventName]?: (event: Extract<HostEvent, { type: Name }>) => void | Promise<void>;
};

export const EVENT_NAMES: readonly EventName[] = [
  "message_created",
  "message_updated",
  "message_deleted",
  "answers_chosen",
  "schema_completed",
  "schema_failed",
  "thread_state_changed",
  "member_joined",
  "member_left",
  "survey_updated",
  "survey_completed",
];
