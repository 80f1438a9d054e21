import type { Layout } from "./layout.ts";
import type { Cell } from "./rows.ts";

/** What a format writes down. */
export interface Table {
  layout: Layout;
  /** How many rows there are at most. */
  count: number;
  pages: AsyncIterable<Cell[][]>;
}
