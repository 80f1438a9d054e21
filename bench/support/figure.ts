/** One line of the table. */
export interface Figure {
  measurement: string;
  value: number;
  unit: string;
  /** What the value is compared with, measured in the same run, in the same unit. */
  against?: number;
  /** Of the value to what it is compared with; without that, of the value itself. */
  goal?: { least: number } | { most: number };
}

export interface Line extends Figure {
  ratio?: number;
  met?: boolean;
}

export function toLine(figure: Figure): Line {
  const { value, against, goal } = figure;
  const ratio = against === undefined ? undefined : value / against;
  const judged = ratio ?? value;
  return {
    ...figure,
    ...(ratio === undefined ? {} : { ratio }),
    ...(goal === undefined ? {} : { met: "least" in goal ? judged >= goal.least : judged <= goal.most }),
  };
}

const HEADINGS = ["measurement", "value", "against", "ratio", "goal", ""];

/** Lines as a table of text. */
export function toTable(lines: readonly Line[]): string {
  const rows = [HEADINGS, ...lines.map(toCells)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const shown = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [shown[0], rule.trimEnd(), ...shown.slice(1)].join("\n");
}

function toCells({ measurement, value, unit, against, ratio, goal, met }: Line): string[] {
  const limit = goal === undefined ? "" : "least" in goal ? `≥ ${goal.least}` : `≤ ${goal.most}`;
  return [
    measurement,
    `${toText(value)} ${unit}`,
    against === undefined ? "" : `${toText(against)} ${unit}`,
    ratio === undefined ? "" : ratio.toFixed(2),
    limit,
    met === undefined ? "" : met ? "met" : "MISSED",
  ];
}

function toText(value: number): string {
  const digits = Number.isInteger(value) || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
