import type { Query } from "./resource.ts";

/** Names to keep, each with what to keep of its value; an empty tree keeps all of it. */
export type Trim = Map<string, Trim>;

/** `id,users_data__id` as a tree; null where nothing is asked for. */
export function parseTrim(fields: string | undefined): Trim | null {
  const root: Trim = new Map();
  for (const path of (fields ?? "").split(",")) {
    let tree = root;
    for (const name of path.trim().split("__").filter(Boolean)) {
      const inner = tree.get(name) ?? new Map();
      tree.set(name, inner);
      tree = inner;
    }
  }
  return root.size === 0 ? null : root;
}

/** Keeps what the tree names, in lists of each item, in a page of each result. */
export function trim(value: unknown, tree: Trim): unknown {
  if (isPage(value)) return { ...value, results: prune(value.results, tree) };
  return prune(value, tree);
}

/** Whether `?fields` names this one: for what is costly, and only made when asked for. */
export function asksFor(query: Query, name: string): boolean {
  return parseTrim(query.fields)?.has(name) === true;
}

function prune(value: unknown, tree: Trim): unknown {
  if (tree.size === 0 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => prune(item, tree));
  const kept = Object.entries(value).flatMap(([name, inner]) => {
    const branch = tree.get(name);
    return branch === undefined ? [] : [[name, prune(inner, branch)]];
  });
  return Object.fromEntries(kept);
}

function isPage(value: unknown): value is { results: unknown[] } {
  return (
    typeof value === "object" &&
    value !== null &&
    "results" in value &&
    "next" in value &&
    "previous" in value
  );
}
