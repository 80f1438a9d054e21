import type { Json } from "@colloquy/engine";
import type { UserId, UserIdKind } from "@colloquy/protocol";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import type { Statement } from "../../database/database.ts";
import { expectUserId, type UserIds } from "../../policies/userIds.ts";
import type { MessageRow } from "./message.ts";

export interface Viewer {
  id: UserId;
  isSuperuser: boolean;
}

const named = {
  sender: Type.Optional(Type.Unsafe<UserId>(Type.Union([Type.Integer(), Type.String()]))),
  meta: Type.Optional(Type.Unsafe<Json>({})),
};

const Condition = Type.Object(
  {
    type: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
    ...named,
    unless: Type.Optional(Type.Object(named, { additionalProperties: false })),
  },
  { additionalProperties: false },
);

/**
 * A rule for hidden messages: a type, or a condition. A message is hidden if it matches all parts of the condition
 * (`meta` as in PostgreSQL's `@>`: the message's `meta` contains it), unless it also matches all parts of `unless`.
 * An empty `unless` matches nothing.
 */
export type Hidden = string | Static<typeof Condition>;

const Answer = Type.Array(Type.Union([Type.String(), Condition]));

/** The rules for a viewer, as queries and `isHidden` take them. */
export type HiddenRule = readonly HiddenCondition[];

interface HiddenCondition {
  type?: readonly string[];
  sender?: UserId;
  meta?: Json;
  unless?: { sender?: UserId; meta?: Json };
}

/** Returns which messages a viewer must never see; they are not listed, counted, pushed or shown. */
export type HiddenMessages = (viewer: Viewer) => readonly Hidden[];

/** The setting that hides messages. */
export interface Hiding extends UserIds {
  messages: { hidden?: HiddenMessages | undefined };
}

/**
 * The rules for a viewer. Every query of messages and every push applies them.
 *
 * @throws TypeError if the host's function returns anything else: then nothing is shown
 */
export function hiddenFrom(settings: Hiding, viewer: Viewer): HiddenRule {
  const hidden = settings.messages.hidden?.(viewer) ?? [];
  return hidden.length === 0 ? NOTHING : toRule(hidden, settings.accounts.ids);
}

const NOTHING: HiddenRule = [];

/** The rules in one normalized JSON form, which `visible` and `isHidden` read alike. */
export function toRule(hidden: readonly Hidden[], ids: UserIdKind): HiddenRule {
  const plain: unknown = JSON.parse(JSON.stringify(hidden));
  if (!Value.Check(Answer, plain))
    throw new TypeError("messages.hidden must return a list of types and conditions");
  return plain.map((entry): HiddenCondition => {
    if (typeof entry === "string") return { type: [entry] };
    const { type, unless, ...rest } = entry;
    for (const sender of [rest.sender, unless?.sender])
      if (sender !== undefined) expectUserId(ids, sender, "A condition of messages.hidden");
    return {
      ...rest,
      ...(type === undefined ? {} : { type: [type].flat() }),
      ...(unless === undefined || Object.keys(unless).length === 0 ? {} : { unless }),
    };
  });
}

/** A statement over messages, with its parameters. */
export type Ruled = (rule: HiddenRule, values: readonly unknown[]) => [Statement, readonly unknown[]];

/**
 * A prepared statement over messages of which a rule hides some: its last parameter, `$1` or another. Mostly a rule
 * hides none, and then the statement is one without it: PostgreSQL reckons what the rule costs for every message,
 * though it were never asked, so that a plan for all parameters seems too dear and each call is planned anew.
 */
export function ruled(name: string, parameter: string, text: (rule: string | null) => string): Ruled {
  const open = { name, text: text(null) };
  const hiding = { name: `${name}_hiding`, text: text(`${parameter}::jsonb`) };
  return (rule, values) =>
    rule.length === 0 ? [open, values] : [hiding, [...values, JSON.stringify(forQuery(rule))]];
}

/** A rule as `visible` reads it: types that are hidden altogether are told apart, since that is asked fastest. */
export function forQuery(rule: HiddenRule): object {
  const isType = (condition: HiddenCondition) => Object.keys(condition).join() === "type";
  return {
    types: rule.filter(isType).flatMap(({ type }) => type ?? []),
    conditions: rule.filter((condition) => !isType(condition)),
  };
}

/** SQL for whether message `x` is visible by a rule in jsonb, like `isHidden`; without a rule it is. */
export function visible(rule: string | null): string {
  if (rule === null) return "true";
  const conditions = `(${rule} -> 'conditions')`;
  return `(not ${rule} -> 'types' ? x.type and (${conditions} = '[]' or not exists (
    select from jsonb_array_elements(${conditions}) c
    where (c -> 'type' is null or c -> 'type' @> to_jsonb(x.type)) and ${holds("c")}
      and (c -> 'unless' is not null and ${holds("(c -> 'unless')")}) is not true)))`;
}

function holds(condition: string): string {
  return `(${condition} -> 'sender' is null or ${condition} -> 'sender' = to_jsonb(x.sender_id))
      and (${condition} -> 'meta' is null or coalesce(x.meta, 'null') @> (${condition} -> 'meta'))`;
}

/** Whether a rule hides a message, like `visible` in SQL. */
export function isHidden(
  message: Pick<MessageRow, "type" | "sender_id" | "meta">,
  rule: HiddenRule,
): boolean {
  return rule.some(
    ({ type, unless, ...condition }) =>
      (type?.includes(message.type) ?? true) &&
      meets(message, condition) &&
      !(unless !== undefined && meets(message, unless)),
  );
}

function meets(
  message: Pick<MessageRow, "sender_id" | "meta">,
  { sender, meta }: Pick<HiddenCondition, "sender" | "meta">,
): boolean {
  return (
    (sender === undefined || message.sender_id === sender) &&
    (meta === undefined || contains(message.meta, meta))
  );
}

/** At the top level, a list also contains a single value. */
function contains(held: Json, wanted: Json): boolean {
  const isSingle = typeof wanted !== "object" || wanted === null;
  return Array.isArray(held) && isSingle ? held.includes(wanted) : includes(held, wanted);
}

function includes(held: Json | undefined, wanted: Json): boolean {
  if (typeof wanted !== "object" || wanted === null) return held === wanted;
  if (typeof held !== "object" || held === null || Array.isArray(held) !== Array.isArray(wanted))
    return false;
  if (Array.isArray(wanted))
    return wanted.every((item) => (held as Json[]).some((own) => includes(own, item)));
  return Object.entries(wanted).every(
    ([name, value]) => Object.hasOwn(held, name) && includes((held as { [name: string]: Json })[name], value),
  );
}
