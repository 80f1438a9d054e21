import type { Run } from "./run.ts";
import { characters } from "./text.ts";
import { type Internal, isSequence, List, Tuple, typeName } from "./values.ts";

/** `target[index]`: negative indexes count from the end. */
export function item(target: Internal, index: Internal, run: Run): Internal {
  const items = itemsOf(target, run);
  const wanted = Number(intOf(index, run, "An index must be an int"));
  const found = items[wanted < 0 ? wanted + items.length : wanted];
  return found === undefined ? run.fail("INDEX_ERROR", "The index is out of range.") : found;
}

/** `target[start:stop:step]`; null is a part left out. */
export function slice(target: Internal, start: Internal, stop: Internal, step: Internal, run: Run): Internal {
  const items = itemsOf(target, run);
  run.charge(items.length);
  const stride = step === null ? 1 : boundOf(step, run);
  if (stride === 0) run.fail("VALUE_ERROR", "The step of a slice may not be zero.");
  const taken =
    stride > 0 ? forward(items, start, stop, stride, run) : backward(items, start, stop, stride, run);
  if (typeof target === "string") return taken.join("");
  return target instanceof List ? new List(taken) : new Tuple(taken);
}

function forward(
  items: readonly Internal[],
  start: Internal,
  stop: Internal,
  stride: number,
  run: Run,
): Internal[] {
  const { length } = items;
  const from = start === null ? 0 : clamp(boundOf(start, run), length, 0, length);
  const to = stop === null ? length : clamp(boundOf(stop, run), length, 0, length);
  const taken: Internal[] = [];
  for (let at = from; at < to; at += stride) taken.push(items[at]!);
  return taken;
}

function backward(
  items: readonly Internal[],
  start: Internal,
  stop: Internal,
  stride: number,
  run: Run,
): Internal[] {
  const { length } = items;
  const from = start === null ? length - 1 : clamp(boundOf(start, run), length, -1, length - 1);
  const to = stop === null ? -1 : clamp(boundOf(stop, run), length, -1, length - 1);
  const taken: Internal[] = [];
  for (let at = from; at > to; at += stride) taken.push(items[at]!);
  return taken;
}

function clamp(bound: number, length: number, lowest: number, highest: number): number {
  return Math.min(Math.max(bound < 0 ? bound + length : bound, lowest), highest);
}

function boundOf(value: Internal, run: Run): number {
  return Number(intOf(value, run, "The parts of a slice must be ints"));
}

function intOf(value: Internal, run: Run, rule: string): bigint {
  if (typeof value === "bigint") return value;
  return typeof value === "boolean"
    ? BigInt(value)
    : run.fail("TYPE_ERROR", `${rule}, not ${typeName(value)}.`);
}

function itemsOf(target: Internal, run: Run): readonly Internal[] {
  if (isSequence(target)) return target.items;
  if (typeof target !== "string") return run.fail("TYPE_ERROR", `Cannot subscript ${typeName(target)}.`);
  run.charge(target.length);
  return characters(target);
}
