export type { UserId, UserIdKind } from "@colloquy/protocol";
export type {
  AttachmentData,
  AttachmentFile,
  AttachmentType,
  AttachmentTypes,
  SavingContext,
  ShowingContext,
} from "./attachments/types.ts";
export type { SettingsError } from "./checkSettings.ts";
export type { Hidden, HiddenMessages } from "./conversation/view/visibility.ts";
export { type Colloquy, createColloquy, migrateDatabase, type Opening } from "./createColloquy.ts";
export {
  type Database,
  DatabaseUnavailable,
  DatabaseUnreachable,
  DirectoryInUse,
  openDatabase,
} from "./database/database.ts";
export { MigrationRefused } from "./database/migrate.ts";
export type { EventHandlers, EventName, Events, HostEvent } from "./log/hostEvents.ts";
export type { Subscription } from "./log/hostReader.ts";
export { type MetricsText, type Readings, textOf as metricsOf } from "./metrics/readings.ts";
export type { FindAccounts } from "./people/directory.ts";
export { ALL_PERMISSIONS, holds, NOTIFICATION, PERMISSION } from "./policies/bits.ts";
export type { Authenticate, Caller, FindCaller } from "./policies/caller.ts";
export type { Asked, PolicyName, Replacement, Replacements } from "./policies/policies.ts";
export type { AccountService } from "./service/accounts.ts";
export type { AttachmentDraft, AttachmentService, StoredFile } from "./service/attachments.ts";
export type { MemberService } from "./service/members.ts";
export type {
  AutomatedMessage,
  MessageDraft,
  MessageService,
  SearchOptions,
  SentMessage,
} from "./service/messages.ts";
export type { ListOptions } from "./service/query.ts";
export type { RunService } from "./service/runs.ts";
export type { SchemaService, SimulatedAnswer } from "./service/schemas.ts";
export type { Service, SyncPage } from "./service/service.ts";
export type { SurveyAnswer, SurveyFile, SurveyService } from "./service/surveys.ts";
export type { ThreadService } from "./service/threads.ts";
export type { Settings, SettingsInput } from "./settings.ts";
export type { ByteRange, Storage } from "./storage/storage.ts";
export { VERSION } from "./version.ts";
