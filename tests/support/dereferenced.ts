type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A document with what it refers to in place of each reference, as far as that does not contain itself. */
export function dereferenced<Document>(document: Document): Document {
  function find(reference: string): Json {
    return reference
      .slice("#/".length)
      .split("/")
      .reduce<Json>((value, name) => (value as { [key: string]: Json })[name]!, document as Json);
  }

  function resolve(value: Json, within: readonly string[]): Json {
    if (Array.isArray(value)) return value.map((item) => resolve(item, within));
    if (typeof value !== "object" || value === null) return value;
    const { $ref, ...rest } = value;
    if (typeof $ref !== "string")
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner, within)]));
    if (within.includes($ref)) return value;
    return { ...(resolve(find($ref), [...within, $ref]) as object), ...rest };
  }

  return resolve(document as Json, []) as Document;
}
