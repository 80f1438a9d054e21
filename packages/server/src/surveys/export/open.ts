import { createHash } from "node:crypto";
import type { Queryable } from "../../database/database.ts";
import { loadSchema } from "../../schemas/queries.ts";
import { type FormatName, formatOf } from "./formats.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { type Selection, stateOf, surveyPage, versionsOf } from "./queries.ts";
import { type Cell, rowOf } from "./rows.ts";
import type { CsvForm } from "./textFormats.ts";

/** All versions of a name, or one by its id. */
export type SchemaKey = { name: string } | { id: number };

/** What is asked for. */
export interface Wanted {
  schema: SchemaKey;
  format: FormatName;
  /** Where it is CSV; by default with commas and no byte order mark. */
  csv?: CsvForm;
  /** Off-path answers too. */
  inactive: boolean;
  completed: boolean | null;
  /** Only surveys with a greater id. */
  after: number;
}

/** An export that can be made any number of times: the same bytes as long as `isUnchanged`. */
export interface Export {
  name: string;
  layout: Layout;
  /** How many surveys. */
  count: number;
  /**
   * A strong entity tag over all that the bytes depend on. It begins with the greatest survey id that the
   * export holds, so that the same export can be opened again after more surveys came.
   */
  etag: string;
  /** Rows of cells, a page of surveys at a time; each page is asked for when it is pulled, in a statement of its own. */
  pages(): AsyncGenerator<Cell[][]>;
  /** The whole file; nothing is made before it is pulled. */
  chunks(): AsyncGenerator<Buffer>;
  isUnchanged(): Promise<boolean>;
}

/** Changes when the same surveys would be exported as other bytes. */
const EDITION = `2, zlib ${process.versions.zlib}`;
const PAGE = 250;
const UNBOUNDED = Number.MAX_SAFE_INTEGER;

export interface Opening {
  /** As it was when this was the greatest id; by default the greatest one there is. */
  upTo?: number;
  /** Told of each page that is pulled, how many surveys it has. */
  onPage?(count: number): void;
}

/** The export as of now; null where there is no such schema. */
export async function openExport(
  db: Queryable,
  wanted: Wanted,
  { upTo = UNBOUNDED, onPage }: Opening = {},
): Promise<Export | null> {
  const versions = await loadVersions(db, wanted.schema);
  if (versions.length === 0) return null;
  const ids = versions.map(({ id }) => id);
  const { completed, after, inactive, format, csv } = wanted;
  const select = (upTo: number): Selection => ({ versions: ids, completed, after, upTo });
  const revisions = versions.map(({ id, revision }) => [id, revision]);
  const tagOf = (state: Awaited<ReturnType<typeof stateOf>>) => {
    const all = JSON.stringify([EDITION, format, csv, inactive, completed, after, revisions, state]);
    return `"${state.greatest}-${createHash("sha256").update(all).digest("base64url").slice(0, 22)}"`;
  };

  const state = await stateOf(db, select(upTo));
  const selection = select(state.greatest);
  const etag = tagOf(state);
  const layout = layoutOf(versions);
  const toRow = rowOf(layout);
  const { name, version } = versions.at(-1)!;

  async function* pages() {
    let { after } = selection;
    for (;;) {
      const page = await surveyPage(db, { ...selection, after }, { inactive, limit: PAGE });
      if (page.length > 0) yield page.map(toRow);
      onPage?.(page.length);
      if (page.length < PAGE) return;
      after = page.at(-1)!.id;
    }
  }

  return {
    name: "id" in wanted.schema ? `${name}-v${version}` : name,
    layout,
    count: state.count,
    etag,
    pages,
    chunks: () => formatOf(wanted).chunks({ layout, count: state.count, pages: pages() }),
    isUnchanged: async () => tagOf(await stateOf(db, selection)) === etag,
  };
}

/** The greatest survey id of the export that a tag was made for; null for what is none of ours. */
export function greatestIn(etag: string): number | null {
  const digits = /^"(\d{1,16})-[\w-]{22}"$/.exec(etag)?.[1];
  return digits !== undefined && Number.isSafeInteger(Number(digits)) ? Number(digits) : null;
}

/** All versions of a name, oldest first, or the one with an id; none where there is nothing of the kind. */
export async function loadVersions(db: Queryable, key: SchemaKey) {
  const ids = "id" in key ? [key.id] : await versionsOf(db, key.name);
  const loaded = await Promise.all(ids.filter(Number.isSafeInteger).map((id) => loadSchema(db, id)));
  return loaded.filter((schema) => schema !== null);
}
