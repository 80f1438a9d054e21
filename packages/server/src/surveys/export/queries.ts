import type { Json } from "@colloquy/engine";
import type { UserId } from "@colloquy/protocol";
import type { Queryable, Statement } from "../../database/database.ts";

/** One survey with its answers, as it is exported. */
export interface StoredSurvey {
  id: number;
  user_id: UserId;
  schema_id: number;
  /** Null for a survey without a state. */
  completed: boolean | null;
  created: string;
  updated: string;
  variables: Record<string, Json>;
  items: StoredItem[];
}

/** Its question's id; the options chosen, by id, or the canonical value; and what was written beside options. */
export type StoredItem = [question: number, value: number[] | string | number, written: string | null];

/** Which surveys, of which versions of a schema. */
export interface Selection {
  /** Ids of the versions. */
  versions: readonly number[];
  /** Only those that are completed, or only those that are not; without a state one is neither. Null is all. */
  completed: boolean | null;
  /** Only those with a greater id. */
  after: number;
  /** Only those with an id up to this. */
  upTo: number;
}

const VERSIONS: Statement = {
  name: "survey_export_versions",
  text: `select s.id, s.published or exists (select from survey where schema_id = s.id) as used
    from schema s where s.name = $1 order by s.version`,
};

/**
 * The versions of a name, by id, oldest first: those that are published or have surveys. Where there are none
 * yet, its drafts.
 */
export async function versionsOf(db: Queryable, name: string): Promise<number[]> {
  const rows = await db.query<{ id: number; used: boolean }>(VERSIONS, [name]);
  const used = rows.filter((row) => row.used);
  return (used.length > 0 ? used : rows).map(({ id }) => id);
}

const CHOSEN = `schema_id = any($1) and id > $2 and id <= $3
  and ($4::boolean is null or (state->>'completed')::boolean = $4)`;

const STATE: Statement = {
  name: "survey_export_state",
  text: `select count(*) as count, coalesce(max(id), 0) as greatest, max(updated) as updated,
    coalesce(sum(revision), 0) as revisions from survey where ${CHOSEN}`,
};

/** What differs once any of the selected surveys has changed, came or went. */
export interface SelectionState {
  count: number;
  /** The greatest id; 0 where there is none. */
  greatest: number;
  updated: string | null;
  revisions: number;
}

export async function stateOf(db: Queryable, selection: Selection): Promise<SelectionState> {
  const [row] = await db.query<SelectionState>(STATE, parameters(selection));
  return row!;
}

// Each version is read along its own index and the least ids of all are kept: with one condition over all
// versions every page would sort what is left of them.
const PAGE: Statement = {
  name: "survey_export_page",
  text: `with page as materialized (
      select s.* from unnest($1::bigint[]) v(id) cross join lateral (
        select id, user_id, schema_id, (state->>'completed')::boolean as completed, created, updated, variables
        from survey where ${CHOSEN.replace("any($1)", "v.id")} order by id limit $6) s
      order by s.id limit $6)
    select p.*, coalesce(i.items, '[]') as items from page p
    left join lateral (
      select json_agg(json_build_array(question_id,
        case when answers = '{}' then coalesce(value, to_jsonb(text)) else to_jsonb(answers) end,
        case when answers <> '{}' then nullif(written, '') end)) as items
      from survey_item where survey_id = p.id and (active or $5)) i on true
    order by p.id`,
};

/** The first surveys of a selection, by id; `inactive` brings off-path answers too. */
export function surveyPage(
  db: Queryable,
  selection: Selection,
  { inactive, limit }: { inactive: boolean; limit: number },
): Promise<StoredSurvey[]> {
  return db.query<StoredSurvey>(PAGE, [...parameters(selection), inactive, limit]);
}

function parameters({ versions, after, upTo, completed }: Selection) {
  return [versions, after, upTo, completed];
}
