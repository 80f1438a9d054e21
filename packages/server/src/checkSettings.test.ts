import { expect, test } from "vitest";
import { checkSettings, SettingsError } from "./checkSettings.ts";
import type { SettingsInput } from "./settings.ts";

test.each<[string, object]>([
  ["authenticate is 5: it must be a function", { authenticate: 5 }],
  ["findCaller is of type string: it must be a function", { findCaller: "me" }],
  ["findAccounts is of type object: it must be a function", { findAccounts: [] }],
  ["messages.hidden is of type object: it must be a function", { messages: { hidden: ["secret"] } }],
  ["policies.messagesList is true: it must be a function", { policies: { messagesList: true } }],
  ["on.message_created is of type object: it must be a function", { on: { message_created: {} } }],
  [
    "types.chatListThroughApi is of type string: it must be a list",
    { types: { chatListThroughApi: "chat" } },
  ],
  ['http.prefix must be a path such as /api, or empty, not "chat"', { http: { prefix: "chat" } }],
  ['http.prefix must be a path such as /api, or empty, not "/api/"', { http: { prefix: "/api/" } }],
  ['http.prefix must be a path such as /api, or empty, not "/a b"', { http: { prefix: "/a b" } }],
])("%s", (sentence, settings) => {
  expect(() => checkSettings(settings as SettingsInput)).toThrow(SettingsError);
  expect(() => checkSettings(settings as SettingsInput)).toThrow(sentence);
});

test.each(["", "/api", "/chat/v1.0", "/a-b_c~d"])("a prefix may be %j", (prefix) => {
  expect(checkSettings({ http: { prefix } }).http.prefix).toBe(prefix);
});
