import type { COUNTERS, GAUGES } from "./definitions.ts";

type Counters = typeof COUNTERS;
type Named<Name extends keyof Counters> = Counters[Name] extends { label: string } ? Name : never;

export type KindCounter = { [Name in keyof Counters]: Named<Name> }[keyof Counters];
export type PlainCounter = Exclude<keyof Counters, KindCounter>;
/** Where the kinds are listed it is one of them; otherwise a word of the program. */
export type KindOf<Name extends KindCounter> = Counters[Name] extends {
  kinds: readonly (infer Kind extends string)[];
}
  ? Kind
  : string;
export type Gauge = keyof typeof GAUGES;

/** A number, or one by kind; null where it is not known now. */
export type Level = number | Readonly<Record<string, number>> | null;

/** How features tell what happens, in memory and without waiting. */
export interface Metrics {
  /** Counts one more, or so many. */
  count(name: PlainCounter, by?: number): void;
  /** Counts one more of a kind, or so many. */
  countOf<Name extends KindCounter>(name: Name, kind: KindOf<Name>, by?: number): void;
  /** How long a request took, by the pattern of its address; null for an address that nobody serves. */
  request(method: string, route: string | null, status: number, seconds: number): void;
  /** How long a push came after its commit. */
  pushDelay(seconds: number): void;
  /** Looks at a level each time that the metrics are asked for. */
  gauge(name: Gauge, look: () => Level | Promise<Level>): void;
}
