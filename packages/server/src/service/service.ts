import type { UserId } from "@colloquy/protocol";
import type { EventHandlers, EventName } from "../log/hostEvents.ts";
import type { HostReader, Subscription } from "../log/hostReader.ts";
import type { ReplayDeps } from "../realtime/replay.ts";
import { type StandingDeps, type Synced, syncSince } from "../realtime/resume.ts";
import { type AccountService, accountService } from "./accounts.ts";
import { type AttachmentService, attachmentService } from "./attachments.ts";
import { asUser, type HostDeps, openHost } from "./host.ts";
import { type MemberService, memberService } from "./members.ts";
import { type MessageService, messageService } from "./messages.ts";
import { type RunService, runService } from "./runs.ts";
import { type SchemaService, schemaService } from "./schemas.ts";
import { type SurveyService, surveyService } from "./surveys.ts";
import { type ThreadService, threadService } from "./threads.ts";

/**
 * What a host does in code: all that the API does, without asking a policy, since the host is trusted. What the API would
 * refuse is thrown as an `ApiError`; an id that can be no user's as a `TypeError`.
 */
export interface Service {
  schemas: SchemaService;
  threads: ThreadService;
  members: MemberService;
  messages: MessageService;
  attachments: AttachmentService;
  runs: RunService;
  surveys: SurveyService;
  accounts: AccountService;
  /** A page of what a user missed since a token of theirs: the frames that a socket would have been pushed, in order. */
  sync(user: UserId, since: string): Promise<SyncPage>;
  /** Calls the handler for each event from now on, at least once, after its commit; answers how to stop, and `begun`. */
  on<Name extends EventName>(name: Name, handler: NonNullable<EventHandlers[Name]>): Subscription;
}

export interface SyncPage extends Omit<Synced, "events"> {
  events: unknown[];
}

/** What it takes to do in code all that the API does. */
export type ServiceDeps = HostDeps &
  Parameters<typeof schemaService>[0] &
  Parameters<typeof threadService>[0] &
  Parameters<typeof memberService>[0] &
  Parameters<typeof messageService>[0] &
  Parameters<typeof attachmentService>[0] &
  Parameters<typeof runService>[0] &
  Parameters<typeof surveyService>[0] &
  Parameters<typeof accountService>[0] &
  StandingDeps &
  ReplayDeps & { host: Pick<HostReader, "on"> };

export function openService(deps: ServiceDeps): Service {
  const host = openHost(deps);
  return {
    schemas: schemaService(deps),
    threads: threadService(deps, host),
    members: memberService(deps, host),
    messages: messageService(deps, host),
    attachments: attachmentService(deps, host),
    runs: runService(deps, host),
    surveys: surveyService(deps, host),
    accounts: accountService(deps, host),
    async sync(user, since) {
      const { events, ...page } = await syncSince(deps, asUser(host.user(user)), since);
      return { ...page, events: events.map((event) => JSON.parse(event)) };
    },
    on: (name, handler) => deps.host.on(name, handler),
  };
}
