export type { SettingsError } from "./checkSettings.ts";
export { type Colloquy, createColloquy, type Opening, VERSION } from "./createColloquy.ts";
export { type Database, DatabaseUnreachable, DirectoryInUse, openDatabase } from "./database/database.ts";
export type { EventHandlers, EventName, Events, HostEvent } from "./events/events.ts";
export type { Authenticate, Caller } from "./http/caller.ts";
export { ALL_PERMISSIONS, holds, NOTIFICATION, PERMISSION } from "./policies/bits.ts";
export type { Asked, PolicyName, Replacement, Replacements } from "./policies/policies.ts";
export type { MessageDraft, Service } from "./service.ts";
export type { FindAccounts, HiddenTypes, Settings, SettingsInput } from "./settings.ts";
