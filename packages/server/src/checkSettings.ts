import { isIPv4 } from "node:net";
import { Account } from "@colloquy/protocol";
import leven from "leven";
import { type TObject, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { IMAGE_TYPES } from "./attachments/images.ts";
import { BUILT_IN_TYPES, HOOKS } from "./attachments/types.ts";
import { type ThreadType, ThreadTypeShape } from "./conversation/view/threadTypes.ts";
import { MESSAGE_FIELDS } from "./conversation/view/wire.ts";
import { trustOf } from "./http/peer.ts";
import { EVENT_NAMES } from "./log/hostEvents.ts";
import { POLICY_NAMES } from "./policies/policies.ts";
import { PROXIES, type Settings, type SettingsInput, SettingsShape } from "./settings.ts";

/** Settings that cannot be used; the message names the setting and what it should be. */
export class SettingsError extends Error {
  override name = "SettingsError";
}

/** Fills in the defaults. @throws SettingsError naming the first setting that is unknown or ill-typed */
export function checkSettings(input: SettingsInput = {}): Settings {
  const settings = fill(SettingsShape, input, "") as Settings;
  if (settings.auth.secret !== undefined && settings.auth.secret.length < 32)
    throw new SettingsError("auth.secret must have at least 32 characters");
  checkNames(settings.policies ?? {}, POLICY_NAMES, "policies.");
  checkNames(settings.on ?? {}, EVENT_NAMES, "on.");
  checkCode(settings);
  checkPrefix(settings.http.prefix);
  settings.threadTypes = readThreadTypes(settings.threadTypes, settings.types.chat);
  const { shape } = settings.accounts;
  if (!Type.IsObject(shape) || !Object.hasOwn(shape.properties, "id"))
    throw new SettingsError("accounts.shape must be a TypeBox object with an `id`");
  const { type: idType } = shape.properties.id as { type?: unknown };
  if (settings.accounts.ids === "string" && shape !== Account && idType !== "string")
    throw new SettingsError('accounts.shape must have a string as `id` with accounts.ids "string"');
  if (!isDatabase(settings.database))
    throw new SettingsError(
      "database must be postgres://user:password@host:5432/name, a directory, or memory:",
    );
  checkProxies(settings.http.trustProxy);
  for (const type of settings.attachments.imageTypes)
    if (!IMAGE_TYPES.includes(type))
      throw new SettingsError(`attachments.imageTypes must be of ${IMAGE_TYPES.join(", ")}, not ${type}`);
  for (const origin of settings.http.allowedOrigins)
    if (URL.parse(origin)?.origin !== origin)
      throw new SettingsError(
        `http.allowedOrigins must be origins, such as https://app.example, not ${origin}`,
      );
  const { redisUrl } = settings.realtime;
  if (redisUrl !== undefined && !isRedis(redisUrl))
    throw new SettingsError("realtime.redisUrl must be redis://user:password@host:6379 or rediss://…");
  if (settings.auth.dev && !isLoopback(settings.http.host))
    throw new SettingsError(
      `auth.dev (--dev) trusts every request, so http.host must be a loopback address such as 127.0.0.1, not ${settings.http.host}`,
    );
  return settings;
}

/** What only code can set has no shape that says what it must be. */
function checkCode({
  authenticate,
  findCaller,
  findAccounts,
  messages,
  attachments,
  policies,
  on,
  types,
}: Settings): void {
  const functions = {
    authenticate,
    findCaller,
    findAccounts,
    "messages.hidden": messages.hidden,
    ...hooksOf(attachments.types),
    ...prefixed("policies.", policies),
    ...prefixed("on.", on),
  };
  for (const [name, given] of Object.entries(functions))
    if (given !== undefined && typeof given !== "function")
      throw new SettingsError(`${name} is ${told(given)}: it must be a function`);
  const { schemaListThroughApi, schemaGetThroughApi, chatListThroughApi } = types;
  const lists = prefixed("types.", { schemaListThroughApi, schemaGetThroughApi, chatListThroughApi });
  for (const [name, given] of Object.entries(lists))
    if (given !== undefined && !(Array.isArray(given) && given.every((one) => typeof one === "string")))
      throw new SettingsError(`${name} is ${told(given)}: it must be a list of strings`);
}

/** The functions of the host's types of attachments, by the names of the settings. */
function hooksOf(types: Settings["attachments"]["types"]): Record<string, unknown> {
  if (!isNamed(types)) throw new SettingsError("attachments.types must be an object");
  return Object.fromEntries(
    Object.entries(types).flatMap(([type, hooks]) => {
      const path = `attachments.types.${type}`;
      if (BUILT_IN_TYPES.includes(type)) throw new SettingsError(`${path} is a type that is there already`);
      if (!isNamed(hooks)) throw new SettingsError(`${path} must be an object`);
      checkNames(hooks, HOOKS, `${path}.`);
      return Object.entries(prefixed(`${path}.`, hooks));
    }),
  );
}

function prefixed(prefix: string, given: object = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [prefix + name, value]));
}

function checkPrefix(prefix: string): void {
  if (prefix !== "" && !/^(?:\/[\w.~-]+)+$/.test(prefix))
    throw new SettingsError(
      `http.prefix must be a path such as /api, or empty, not ${JSON.stringify(prefix)}`,
    );
}

function checkProxies(trusted: Settings["http"]["trustProxy"]): void {
  try {
    trustOf(trusted);
  } catch {
    throw new SettingsError(`http.trustProxy must be ${PROXIES}`);
  }
}

/** The settings of each thread type that some are given for. */
function readThreadTypes(given: object, types: readonly string[]): Settings["threadTypes"] {
  const path = "threadTypes";
  if (!isNamed(given)) throw new SettingsError(`${path} must be an object`);
  checkNames(given, types, `${path}.`);
  return Object.fromEntries(
    Object.entries(given).map(([type, switches]) => {
      const filled = fill(ThreadTypeShape, switches, `${path}.${type}.`) as ThreadType;
      for (const field of filled.messageFields ?? [])
        if (!MESSAGE_FIELDS.includes(field))
          throw unknown(field, MESSAGE_FIELDS, `${path}.${type}.messageFields.`);
      return [type, filled];
    }),
  );
}

/** A URL of another kind would be taken for a directory of that name. */
function isDatabase(location: string): boolean {
  if (/^postgres(ql)?:/.test(location)) return URL.canParse(location);
  return location !== "" && !/^[a-z][a-z0-9+.-]*:\/\//i.test(location);
}

function isRedis(location: string): boolean {
  return /^rediss?:\/\//.test(location) && URL.canParse(location);
}

/** `localhost` as a listener's name is a loopback address wherever it is resolved by the rules (RFC 6761). */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

function fill(shape: TObject, input: unknown, path: string): Record<string, unknown> {
  if (!isNamed(input)) throw new SettingsError(`${path.slice(0, -1) || "settings"} must be an object`);
  checkNames(input, Object.keys(shape.properties), path);
  return Object.fromEntries(
    Object.entries(shape.properties).map(([name, property]) => [
      name,
      read(property, input[name], path + name),
    ]),
  );
}

function isNamed(input: unknown): input is Record<string, unknown> {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}

function checkNames(input: object, known: readonly string[], path: string): void {
  for (const name of Object.keys(input)) if (!known.includes(name)) throw unknown(name, known, path);
}

function read(shape: TSchema, given: unknown, path: string): unknown {
  const { default: preset, "x-code": isCode } = shape as { default?: unknown; "x-code"?: boolean };
  if (isCode) return given ?? preset;
  if (isSection(shape)) return fill(shape, given ?? {}, `${path}.`);
  if (given === undefined) return preset;
  if (!Value.Check(shape, given))
    throw new SettingsError(`${path} is ${told(given)}: it must be ${expected(shape)}`);
  return given;
}

function isSection(shape: TSchema): shape is TObject {
  return "properties" in shape;
}

function unknown(name: string, known: readonly string[], path: string): SettingsError {
  const nearest = known.toSorted((a, b) => leven(a, name) - leven(b, name))[0];
  const hint = nearest === undefined ? "there are no settings here" : `did you mean ${path}${nearest}?`;
  return new SettingsError(`Unknown setting ${path}${name}: ${hint}`);
}

/** Values of settings may be secrets: only their kind is told. */
function told(value: unknown): string {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : `of type ${typeof value}`;
}

function expected(shape: TSchema): string {
  const {
    "x-expected": words,
    type,
    minimum,
    maximum,
    const: constant,
    anyOf,
  } = shape as {
    "x-expected"?: string;
    type?: string;
    minimum?: number;
    maximum?: number;
    const?: unknown;
    anyOf?: { const: unknown }[];
  };
  if (words !== undefined) return words;
  if (anyOf) return anyOf.map((option) => JSON.stringify(option.const)).join(" or ");
  if (constant !== undefined) return JSON.stringify(constant);
  const bounds = [
    minimum === undefined ? "" : ` from ${minimum}`,
    maximum === undefined ? "" : ` to ${maximum}`,
  ];
  return `a value of type ${type}${bounds.join("")}`;
}
