import { Budget } from "../expressions/index.ts";
import { TRANSITION_WORK } from "../flow/budget.ts";
import { type CompiledRule, type CompiledSchema, choose } from "../flow/compile.ts";
import { FlowError, type FlowFailure } from "../flow/failure.ts";
import type { Variables } from "../flow/run.ts";
import { type Choice, choiceOf, type Place, type Places, placesOf } from "./places.ts";
import { Pool } from "./pool.ts";

/** The state of a form. `visibility` lists the qids of visible questions by position. */
export interface SurveyState {
  visibility: number[];
  completed: boolean;
}

/** The part of an answer that affects the form: the ids of its question and of the chosen options. */
export interface FormAnswer {
  question: number;
  answers: readonly number[];
}

/**
 * A schema as a live form: after each change of an answer, in any order, it updates which questions are visible,
 * whether the form is complete, and the pool of variables. It walks the questions in the order in which a chat would
 * visit them, following the first chosen option before the others, and visits each question once, so that cycles end.
 * A change rewinds the walk to its question and continues from there; a change that leads the same way and writes no
 * variable walks nothing.
 *
 * A fault of the schema ends a chat; in a form it ends only its branch, and the form is not complete. If the walk
 * exceeds its budget, every later question that has something to evaluate counts as a fault.
 */
export class Form {
  readonly #places: Places;
  /** The answers, by place; null where there is none. */
  readonly #answers: (Choice | null)[];
  /** Which step passed a place, -1 where none did. */
  readonly #passed: Int32Array;
  /** What forks chose, by place. */
  readonly #forked: (Choice | undefined)[] = [];
  /** By place: whether it is visible. */
  readonly #shown: Uint8Array;
  /** The steps of the walk, in order: the place passed, and how many ways it opened. */
  readonly #steps: Int32Array;
  readonly #opened: Int32Array;
  /** By step: how many ways had been left aside, and how many writes made, when it was taken. */
  readonly #asideAt: Int32Array;
  readonly #writesAt: Int32Array;
  /** By step: how much work had been spent when it was taken. */
  readonly #spentAt: Float64Array;
  /** How many steps were taken. */
  #length = 0;
  /** Places still to go to, the next one last. */
  readonly #ways: number[] = [];
  /** Ways left aside, because their place had been passed. */
  readonly #aside: number[] = [];
  readonly #pool = new Pool();
  /** Of one walk from the start: however it came about, as much is spent of it as such a walk would spend. */
  readonly #budget = new Budget(TRANSITION_WORK);
  /** Faults of the schema, by the step that met them, in order. */
  readonly #failures = new Map<number, FlowFailure>();
  /** How many visible questions still require an answer. */
  #missing = 0;
  #visibility: number[] | null = null;

  constructor(schema: CompiledSchema, answers: Iterable<FormAnswer> = []) {
    this.#places = placesOf(schema);
    const { list, indexOf } = this.#places;
    this.#answers = new Array(list.length).fill(null);
    this.#passed = new Int32Array(list.length).fill(-1);
    this.#shown = new Uint8Array(list.length);
    this.#steps = new Int32Array(list.length);
    this.#opened = new Int32Array(list.length);
    this.#asideAt = new Int32Array(list.length);
    this.#writesAt = new Int32Array(list.length);
    this.#spentAt = new Float64Array(list.length);
    for (const { question, answers: chosen } of answers) {
      const index = indexOf.get(question);
      if (index !== undefined) this.#answers[index] = choiceOf(list[index]!, chosen);
    }
    if (list.length > 0) this.#ways.push(0);
    this.#walk();
  }

  /** Null for a schema without questions. */
  get state(): SurveyState | null {
    if (this.#places.list.length === 0) return null;
    this.#visibility ??= this.#visible();
    return { visibility: this.#visibility, completed: this.#missing === 0 && this.#failures.size === 0 };
  }

  /** The pool of variables, computed from the visible answers. */
  get variables(): Variables {
    return { ...this.#pool.variables };
  }

  /** The first fault of the schema on the walk. */
  get failure(): FlowFailure | null {
    const [first = null] = this.#failures.values();
    return first;
  }

  /** Whether a question (by id) is visible, so that its answer counts. */
  isActive(question: number): boolean {
    const index = this.#places.indexOf.get(question);
    return index !== undefined && this.#shown[index] === 1;
  }

  /**
   * Answers a question (by id), or changes its answer, with the ids of the chosen options in the order chosen.
   */
  answer(question: number, chosen: readonly number[]): void {
    this.#change(question, chosen);
  }

  /** Removes the answer to a question. */
  clear(question: number): void {
    this.#change(question, null);
  }

  #change(question: number, chosen: readonly number[] | null): void {
    const index = this.#places.indexOf.get(question);
    if (index === undefined) return;
    const place = this.#places.list[index]!;
    const before = this.#answers[index]!;
    const after = chosen === null ? null : choiceOf(place, chosen);
    this.#answers[index] = after;
    const step = this.#passed[index]!;
    if (step < 0) return;
    if (place.required && this.#shown[index] === 1)
      this.#missing += Number(after === null) - Number(before === null);
    this.#follow(step, before ?? place.untouched, after ?? place.untouched);
  }

  /** Does at a step and after it what another choice there changes. */
  #follow(step: number, before: Choice, after: Choice): void {
    if (!leadAlike(before, after)) this.#walkFrom(step);
    else if (before.modify.length > 0 || after.modify.length > 0) this.#rewriteFrom(step);
  }

  /** Writes anew what the steps write; from where one then leads elsewhere, or fails, it walks. */
  #rewriteFrom(first: number): void {
    this.#takeBack(first);
    for (let step = first; step < this.#length; step++) {
      const place = this.#places.list[this.#steps[step]!]!;
      this.#note(step);
      if (this.#failures.has(step) || !this.#rewrites(place)) {
        this.#walkFrom(step);
        return;
      }
    }
  }

  /** Whether a place still leads where it led, once its writes are made anew. */
  #rewrites(place: Place): boolean {
    try {
      this.#pool.apply(place.modify, this.#budget);
      if (place.rules !== null) return leadAlike(this.#forked[place.index]!, this.#fork(place.rules));
      const choice = this.#answers[place.index];
      if (choice) this.#pool.apply(choice.modify, this.#budget);
      return true;
    } catch (error) {
      if (!(error instanceof FlowError)) throw error;
      return false;
    }
  }

  #walkFrom(step: number): void {
    this.#goBack(step);
    this.#walk();
  }

  #visible(): number[] {
    const visible: number[] = [];
    for (const { index, qid } of this.#places.list) if (this.#shown[index] === 1) visible.push(qid);
    return visible;
  }

  #walk(): void {
    this.#visibility = null;
    while (this.#ways.length > 0) {
      const index = this.#ways.pop()!;
      if (this.#passed[index]! >= 0) this.#aside.push(index);
      else this.#pass(this.#places.list[index]!);
    }
  }

  #pass(place: Place): void {
    const step = this.#length++;
    const { index } = place;
    const before = this.#ways.length;
    this.#passed[index] = step;
    this.#steps[step] = index;
    this.#asideAt[step] = this.#aside.length;
    this.#note(step);
    try {
      this.#pool.apply(place.modify, this.#budget);
      if (place.shown) this.#shown[index] = 1;
      if (place.required && this.#answers[index] === null) this.#missing++;
      this.#goOn(place);
    } catch (error) {
      if (!(error instanceof FlowError)) throw error;
      this.#failures.set(step, error.failure);
    }
    this.#opened[step] = this.#ways.length - before;
  }

  /** Writes what was chosen at a place, and opens the ways on from it. */
  #goOn(place: Place): void {
    const choice = place.rules === null ? this.#answers[place.index] : this.#fork(place.rules);
    if (place.rules !== null) this.#forked[place.index] = choice!;
    const { ways, modify } = choice ?? place.untouched;
    this.#pool.apply(modify, this.#budget);
    for (const way of ways) if (typeof way !== "number") throw noQuestion(place, way.unknown);
    for (let last = ways.length - 1; last >= 0; last--) this.#ways.push(ways[last] as number);
  }

  /** What a fork chooses. */
  #fork(rules: readonly CompiledRule[]): Choice {
    return { ways: this.#places.ways(choose(rules, this.#pool.variables, this.#budget)), modify: [] };
  }

  /** Keeps what was written and spent before a step. */
  #note(step: number): void {
    this.#writesAt[step] = this.#pool.length;
    this.#spentAt[step] = this.#budget.spent;
  }

  /** Undoes what was written, and spent, at a step and after it. */
  #takeBack(step: number): void {
    this.#pool.takeBack(this.#writesAt[step]!);
    this.#budget.backTo(this.#spentAt[step]!);
  }

  /** Goes back to where a step was about to be taken. */
  #goBack(to: number): void {
    this.#takeBack(to);
    while (this.#length > to) {
      const step = --this.#length;
      const index = this.#steps[step]!;
      while (this.#aside.length > this.#asideAt[step]!) this.#ways.push(this.#aside.pop()!);
      for (let way = this.#opened[step]!; way > 0; way--) this.#ways.pop();
      this.#ways.push(index);
      if (this.#shown[index] === 1 && this.#places.list[index]!.required && this.#answers[index] === null)
        this.#missing--;
      this.#passed[index] = -1;
      this.#shown[index] = 0;
      if (this.#failures.size > 0) this.#failures.delete(step);
    }
  }
}

function noQuestion({ qid }: Place, unknown: number): FlowError {
  return new FlowError({ code: "UNKNOWN_QID", qid, message: `There is no question ${unknown}.` });
}

function leadAlike({ ways }: Choice, other: Choice): boolean {
  return ways.length === other.ways.length && ways.every((way, index) => way === other.ways[index]);
}
