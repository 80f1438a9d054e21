import leven from "leven";
import type { TSchema } from "typebox";
import { type SettingsInput, SettingsShape } from "../settings.ts";
import { Refusal } from "./failures.ts";

const PREFIX = "COLLOQUY_";
/** What everybody sets: the listener's, and what platforms give by a name of their own. */
const SHORT: Record<string, string> = {
  COLLOQUY_PORT: "COLLOQUY_HTTP_PORT",
  COLLOQUY_HOST: "COLLOQUY_HTTP_HOST",
  REDIS_URL: "COLLOQUY_REALTIME_REDIS_URL",
};

/** What says through which server a command works; none of it is a setting. */
const NO_SETTINGS = ["COLLOQUY_SERVER", "COLLOQUY_TOKEN"];

interface Variable {
  path: string[];
  shape: TSchema;
}

/** Every setting of one value, by the variable that sets it: `http.bodyLimit` by `COLLOQUY_HTTP_BODY_LIMIT`. */
export const VARIABLES: ReadonlyMap<string, Variable> = new Map(
  scalars(SettingsShape, []).map((variable) => [nameOf(variable.path), variable]),
);

/** Settings from `COLLOQUY_…`; an empty variable counts as none. @throws Refusal for one that sets nothing */
export function fromEnvironment(environment: NodeJS.ProcessEnv): SettingsInput {
  const settings: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(environment)) {
    const isOurs = name.startsWith(PREFIX) || Object.hasOwn(SHORT, name);
    if (!isOurs || text === undefined || text === "" || NO_SETTINGS.includes(name)) continue;
    const variable = VARIABLES.get(SHORT[name] ?? name);
    if (variable === undefined) throw new Refusal(`Unknown setting ${name}: did you mean ${nearest(name)}?`);
    const [first, second] = variable.path as [string, string?];
    const value = read(name, text, variable.shape);
    if (second === undefined) settings[first] = value;
    else settings[first] = { ...(settings[first] as object | undefined), [second]: value };
  }
  return settings;
}

function scalars(shape: TSchema, path: string[]): Variable[] {
  const { properties, "x-code": isCode } = shape as { properties?: Record<string, TSchema>; "x-code"?: true };
  if (isCode || ("type" in shape && shape.type === "array")) return [];
  if (properties === undefined) return [{ path, shape }];
  return Object.entries(properties).flatMap(([name, inner]) => scalars(inner, [...path, name]));
}

function nameOf(path: string[]): string {
  const words = path.map((name) => name.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase());
  return PREFIX + words.join("_");
}

function read(name: string, text: string, shape: TSchema): unknown {
  const { type } = shape as { type?: string };
  if (type === "boolean") {
    if (text === "true" || text === "1") return true;
    if (text === "false" || text === "0") return false;
    throw new Refusal(`${name} must be true or false`);
  }
  if (type !== "integer" && type !== "number") return text;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Refusal(`${name} must be a number`);
  return Number(text);
}

function nearest(name: string): string {
  return [...VARIABLES.keys(), ...Object.keys(SHORT), ...NO_SETTINGS].reduce((best, known) =>
    leven(known, name) < leven(best, name) ? known : best,
  );
}
