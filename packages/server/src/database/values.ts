/** A parameter in PostgreSQL's text form, the same for both drivers. @throws TypeError */
export function encode(value: unknown, index: number): string | null {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint")
    return String(value);
  if (Array.isArray(value)) return encodeArray(value, index);
  throw new TypeError(
    `Parameter $${index + 1} is ${typeof value}: pass a string, number, boolean, null or an array of these, and an object as JSON text`,
  );
}

function encodeArray(values: readonly unknown[], index: number): string {
  let text = "{";
  let comma = "";
  for (const value of values) {
    text += comma + encodeElement(value, index);
    comma = ",";
  }
  return `${text}}`;
}

function encodeElement(value: unknown, index: number): string {
  if (typeof value === "number") return String(value);
  const text = encode(value, index);
  if (text === null) return "NULL";
  return Array.isArray(value) ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
}

export type Decode = (text: string) => unknown;

/** How the text of a type (by its oid) becomes a value; types that are not listed stay text. */
export function decoderOf(oid: number): Decode {
  return DECODERS.get(oid) ?? String;
}

function int8(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`The int8 ${text} is not a safe integer`);
  return number;
}

/** `2026-11-22 16:47:58.4134+00` → `2026-11-22T16:47:58.413400Z`; `infinity` stays. */
function wireTime(text: string): string {
  if (!text.endsWith("+00")) return text;
  const dot = text.indexOf(".");
  const local = text.slice(0, -3).replace(" ", "T");
  return `${dot < 0 ? local : local.padEnd(dot + 7, "0")}Z`;
}

/** `{1,NULL,"a b"}` and nested ones. Lower bounds other than 1 are lost. */
function arrayOf(decode: Decode): Decode {
  return (text) => {
    let at = text.indexOf("{");
    const list = (): unknown[] => {
      const items: unknown[] = [];
      at += 1;
      while (text[at] !== "}") {
        items.push(text[at] === "{" ? list() : item());
        if (text[at] === ",") at += 1;
      }
      at += 1;
      return items;
    };
    const item = (): unknown => {
      if (text[at] !== '"') {
        const start = at;
        while (text[at] !== "," && text[at] !== "}") at += 1;
        const bare = text.slice(start, at);
        return bare === "NULL" ? null : decode(bare);
      }
      let quoted = "";
      for (at += 1; text[at] !== '"'; at += 1) {
        if (text[at] === "\\") at += 1;
        quoted += text[at];
      }
      at += 1;
      return decode(quoted);
    };
    return list();
  };
}

// The oids of built-in types never change; `select typname, oid, typarray from pg_type` lists them.
const DECODERS = new Map<number, Decode>(
  [
    { type: 16, array: 1000, decode: (text: string) => text === "t" }, // bool
    { type: 20, array: 1016, decode: int8 },
    { type: 21, array: 1005, decode: Number }, // int2
    { type: 23, array: 1007, decode: Number }, // int4
    { type: 26, array: 1028, decode: Number }, // oid
    { type: 700, array: 1021, decode: Number }, // float4
    { type: 701, array: 1022, decode: Number }, // float8
    { type: 1700, array: 1231, decode: Number }, // numeric
    { type: 1184, array: 1185, decode: wireTime }, // timestamptz
    { type: 114, array: 199, decode: JSON.parse }, // json
    { type: 3802, array: 3807, decode: JSON.parse }, // jsonb
    { type: 19, array: 1003, decode: String }, // name
    { type: 25, array: 1009, decode: String }, // text
    { type: 1042, array: 1014, decode: String }, // bpchar
    { type: 1043, array: 1015, decode: String }, // varchar
    { type: 1082, array: 1182, decode: String }, // date
    { type: 2950, array: 2951, decode: String }, // uuid
  ].flatMap(({ type, array, decode }): [number, Decode][] => [
    [type, (text) => decode(text)],
    [array, arrayOf((text) => decode(text))],
  ]),
);
