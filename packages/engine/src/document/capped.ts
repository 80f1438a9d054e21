/** Sizes beyond which a document is refused unread. */
const MAX_DEPTH = 64;
const MAX_VALUES = 2_000_000;
const MAX_CHARACTERS = 50_000_000;

/**
 * Why a value is not JSON of a reasonable size, or null if it is. Without recursion, and done with a cyclic
 * value, so that what comes after may walk it freely.
 */
export function capped(raw: unknown): string | null {
  let values = 0;
  let characters = 0;
  let level: unknown[] = [raw];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return `The document nests more than ${MAX_DEPTH} levels deep.`;
    const below: unknown[] = [];
    for (const value of level) {
      if (typeof value === "string") characters += value.length;
      else if (typeof value === "object" && value !== null) {
        if (!isPlain(value)) return "The document holds something that is not JSON.";
        for (const key of Object.keys(value)) {
          characters += key.length;
          below.push((value as Record<string, unknown>)[key]);
        }
      } else if (!isJsonScalar(value)) return "The document holds something that is not JSON.";
      if (++values + below.length > MAX_VALUES) return `The document holds more than ${MAX_VALUES} values.`;
      if (characters > MAX_CHARACTERS) return `The document holds more than ${MAX_CHARACTERS} characters.`;
    }
    level = below;
  }
  return null;
}

function isJsonScalar(value: unknown): boolean {
  return (
    value === null || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
  );
}

/** A JSON object, or an array without holes or further properties. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return Object.keys(value).length === value.length;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
