import { type ApiError, texts } from "@colloquy/protocol";

type Change = (value: unknown) => unknown;

/** What the listener calls on each answer; without compat it changes nothing. */
/** The setting for clients that cannot change. */
export interface Compat {
  compat?: "chat_api" | undefined;
}

export interface CompatEdge {
  /** The body to send for an error at a resource. */
  error(resource: string, error: ApiError): object;
  /** How to change the answers of a resource; null where they are as they are. */
  answer(resource: string, method: string): Change | null;
}

interface Difference {
  /** Resources, by the path that defines them. */
  at: RegExp;
  method?: string;
  error?(body: Record<string, unknown>): object;
  answer?: Change;
}

const NESTED_TEXTS: readonly unknown[] = [texts.userExists, texts.permissionsTooHigh, texts.oneScripted];

/**
 * How chat_api 0.8.8 answered where we differ, as far as it only concerns how an answer looks. What needs
 * more (the question's type, the survey's owner) asks the setting itself, in its feature.
 */
export const differences = {
  nestedErrors: {
    at: /^\/threads\/:\w+\/users(\/:\w+)?$/,
    error: (body) =>
      mapValues(body, (problem, field) => (isNested(problem) ? { [field]: problem[0] } : problem)),
  },
  rollbackKeys: {
    at: /^\/threads\/:\w+\/rollback$/,
    error: (body) =>
      "non_field_errors" in body ? { ...body, non_fields_errors: body.non_field_errors } : body,
  },
  htmlEscapedText: {
    at: /^(\/accounts\/:\w+\/threads\/:\w+|\/threads\/:\w+(\/messages(\/:\w+)?|\/rollback)?|\/surveys\/:\w+\/items(\/:\w+)?)$/,
    answer: (value) => escapeMessage(value),
  },
  surveyAsText: {
    at: /^\/surveys\/:\w+\/items$/,
    method: "POST",
    answer: (value) =>
      isObject(value) && "survey" in value ? { ...value, survey: String(value.survey) } : value,
  },
} satisfies Record<string, Difference>;

const SAME: CompatEdge = {
  error: (_resource, error) => error.body,
  answer: () => null,
};

export function compatEdge(compat: "chat_api" | null): CompatEdge {
  if (compat === null) return SAME;
  const all: Difference[] = Object.values(differences);
  return {
    error(resource, error) {
      if (error.status !== 400) return error.body;
      return all
        .filter(({ at }) => at.test(resource))
        .reduce((body, { error: change }) => change?.(body as Record<string, unknown>) ?? body, error.body);
    },
    answer(resource, method) {
      const changes = all
        .filter(({ at, method: only = method }) => at.test(resource) && only === method)
        .flatMap(({ answer: change }) => (change === undefined ? [] : [change]));
      return changes.length === 0
        ? null
        : (value) => changes.reduce((current, change) => change(current), value);
    },
  };
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#x27;",
};

/** Text as the original's HTML escaping left it. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/**
 * A message, a survey's answer, a thread, or a list or page of them, with the texts of messages escaped: its own, that of
 * `last_message_data`, and those in `thread_data`. Texts of questions are left alone.
 */
export function escapeMessage<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(escapeMessage) as Value;
  if (!isObject(value)) return value;
  const escaped: Record<string, unknown> = { ...value };
  if (typeof escaped.text === "string") escaped.text = escapeText(escaped.text);
  for (const inner of ["last_message_data", "thread_data", "results"]) {
    if (inner in escaped) escaped[inner] = escapeMessage(escaped[inner]);
  }
  return escaped as Value;
}

function isNested(problem: unknown): problem is string[] {
  return Array.isArray(problem) && problem.length === 1 && NESTED_TEXTS.includes(problem[0]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mapValues(body: Record<string, unknown>, change: (value: unknown, name: string) => unknown): object {
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, change(value, name)]));
}
