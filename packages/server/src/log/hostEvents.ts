import type { Json } from "@colloquy/engine";
import type { State, UserId } from "@colloquy/protocol";

/** The events that the host receives: name → data. Ids are those of the API. */
export interface Events {
  message_created: { thread: number; message: number };
  message_updated: { thread: number; message: number };
  message_deleted: { thread: number; message: number };
  /** A person chose options of a choice or multichoice. */
  answers_chosen: { thread: number; message: number; user: UserId; answers: number[] };
  schema_completed: { thread: number; user: UserId; schema: number; variables: { [name: string]: Json } };
  /**
   * A run stopped at a fault of its schema, and the member's state is `open`; or a branch of a survey ended at a
   * fault.
   */
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
  /** A survey was started, an answer was added, changed or removed, or (`deleted`) the survey was deleted. */
  survey_updated: { survey: number; user: UserId; schema: number; deleted?: true };
  /** All required questions of the survey are answered; sent each time that it becomes complete. */
  survey_completed: { survey: number; user: UserId; schema: number; variables: { [name: string]: Json } };
}

export type EventName = keyof Events;

/** An event as the host receives it. `id` is the same if the event is delivered again. */
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
