import type { Assignment, CompiledQuestion, CompiledRule, CompiledSchema } from "../flow/compile.ts";

/** A question as the walk of a form passes it: pointers are indexes, questions in the order of positions. */
export interface Place {
  index: number;
  qid: number;
  /** Whether it is listed: all but forks. */
  shown: boolean;
  required: boolean;
  modify: readonly Assignment[];
  /** Of a fork, whose ways they are; null elsewhere. */
  rules: readonly CompiledRule[] | null;
  /** While nothing is chosen. */
  untouched: Choice;
  /** While one option alone is chosen, by its id. */
  options: ReadonlyMap<number, Choice>;
}

/** What a choice makes of its place: where it leads, each way once, and what it writes. */
export interface Choice {
  ways: readonly Way[];
  modify: readonly Assignment[];
}

/** The index of a place, or the qid of a question that is not there. */
export type Way = number | { unknown: number };

export interface Places {
  list: readonly Place[];
  /** Question id → index. */
  indexOf: ReadonlyMap<number, number>;
  /** Where a qid leads: nowhere at the end, which is null or -1. */
  ways(qid: number | null): readonly Way[];
}

const known = new WeakMap<CompiledSchema, Places>();

/** The places of a schema; made once. */
export function placesOf(schema: CompiledSchema): Places {
  const places = known.get(schema) ?? makePlaces(schema);
  known.set(schema, places);
  return places;
}

function makePlaces({ schema, byQid }: CompiledSchema): Places {
  const byPosition = new Map(schema.questions.map(({ qid }, index) => [qid, index]));
  const ways = (qid: number | null): readonly Way[] =>
    qid === null || qid === -1 ? [] : [byPosition.get(qid) ?? { unknown: qid }];
  return {
    list: schema.questions.map(({ qid }, index) => makePlace(byQid.get(qid)!, index, ways)),
    indexOf: new Map(schema.questions.map(({ id }, index) => [id, index])),
    ways,
  };
}

function makePlace(
  { question, kind, modify, rules, options }: CompiledQuestion,
  index: number,
  waysTo: Places["ways"],
): Place {
  const isFork = question.type === "fork";
  const own = isFork ? [] : waysTo(question.next_qid);
  return {
    index,
    qid: question.qid,
    shown: kind.shown,
    required: question.required && kind.shown,
    modify,
    rules: isFork ? rules : null,
    untouched: { ways: own, modify: [] },
    options: new Map(
      question.answers.map(({ id, next_qid }) => [
        id,
        { ways: each([...waysTo(next_qid), ...own]), modify: options.get(id) ?? [] },
      ]),
    ),
  };
}

/**
 * The choice of these options, in the order chosen: the way of the first, which is the one that a chat takes, then those
 * of the others, then the place's own.
 */
export function choiceOf({ untouched, options }: Place, ids: readonly number[]): Choice {
  const chosen = ids.flatMap((id) => options.get(id) ?? []);
  if (chosen.length < 2) return chosen[0] ?? untouched;
  const others = chosen.flatMap(({ ways }) => ways.filter((way) => !untouched.ways.includes(way)));
  return {
    ways: each([...chosen[0]!.ways.slice(0, 1), ...others, ...untouched.ways]),
    modify: chosen.flatMap(({ modify }) => modify),
  };
}

function each(ways: readonly Way[]): readonly Way[] {
  return [...new Set(ways)];
}
