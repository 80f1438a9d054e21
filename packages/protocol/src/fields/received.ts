/** What Python calls the type of a JSON value; the texts of Django REST Framework name it so. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  if (Array.isArray(value)) return "list";
  switch (typeof value) {
    case "string":
      return "str";
    case "boolean":
      return "bool";
    case "number":
      return Number.isInteger(value) ? "int" : "float";
    default:
      return "dict";
  }
}

const DEEPEST = 8;

/** A JSON value as Python's `str` writes it, to quote it back in an error: `True`, `None`, `['a', 1]`. */
export function written(value: unknown): string {
  return typeof value === "string" ? value : literal(value, 0);
}

function literal(value: unknown, depth: number): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return `'${value}'`;
  if (typeof value !== "object" || depth === DEEPEST) return "...";
  if (Array.isArray(value)) return `[${value.map((item) => literal(item, depth + 1)).join(", ")}]`;
  const entries = Object.entries(value).map(([key, item]) => `'${key}': ${literal(item, depth + 1)}`);
  return `{${entries.join(", ")}}`;
}
