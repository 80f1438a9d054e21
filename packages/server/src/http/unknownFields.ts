import type { FastifyReply, FastifyRequest } from "fastify";
import leven from "leven";
import type { AnyMethod } from "./resource.ts";

const HEADER = "colloquy-unknown-fields";
/** Names that are told, characters of each, and items of a list that are looked at: clients may send any number. */
const MOST = 10;
const LONGEST = 40;
const ITEMS = 20;

/** What of a field's JSON Schema says which names there are. */
interface Shape {
  properties?: Record<string, Shape>;
  items?: Shape;
}

/** Tells a developer which fields of the body are ignored since nobody knows their names, and which were meant. */
export function tellUnknownFields(
  { body, list }: AnyMethod,
  request: FastifyRequest,
  out: FastifyReply,
): void {
  // A body without fields is a document, whose names are read elsewhere.
  if (body === undefined || Object.keys(body.properties).length === 0) return;
  const found = new Set<string>();
  collect((list === undefined ? body : body.properties[list]) as Shape, request.body, "", found);
  if (found.size === 0) return;
  const fields = [...found];
  out.header(HEADER, fields.join(", "));
  request.log.warn({ fields }, "Unknown fields of the body are ignored");
}

function collect({ properties, items }: Shape, sent: unknown, path: string, found: Set<string>): void {
  if (typeof sent !== "object" || sent === null) return;
  if (items !== undefined && Array.isArray(sent))
    for (const item of sent.slice(0, ITEMS)) collect(items, item, path, found);
  if (properties === undefined || Array.isArray(sent)) return;
  for (const [name, value] of Object.entries(sent)) {
    if (found.size === MOST) return;
    if (Object.hasOwn(properties, name)) collect(properties[name]!, value, `${path}${name}.`, found);
    else found.add(described(name, Object.keys(properties), path));
  }
}

/** In characters that a header may have. */
function described(name: string, known: readonly string[], path: string): string {
  const short = name.slice(0, LONGEST);
  const shown = `${path}${encodeURIComponent(short.toWellFormed())}${short === name ? "" : "..."}`;
  const [nearest] = known.toSorted((a, b) => leven(a, short) - leven(b, short));
  if (nearest === undefined || 2 * leven(nearest, short) > short.length) return shown;
  return `${shown} (did you mean ${path}${nearest}?)`;
}
