import type { Counts } from "./people/device.ts";
import type { Recovery } from "./recovery.ts";
import { FAULTS, type Finding, type Verdict } from "./verdict.ts";

/** All that a run has to say. */
export interface Report {
  seed: number;
  seconds: number;
  /** What carried the wake-ups between the nodes. */
  bus: string;
  people: number;
  devices: number;
  sent: number;
  acknowledged: number;
  /** Posts that were sent more than once under the same client id before an answer came. */
  repeated: number;
  owed: number;
  delivered: number;
  /** What must be none, by kind. */
  zeros: Record<(typeof FAULTS)[number], number>;
  resumes: Record<string, number>;
  closes: Record<string, number>;
  resyncs: number;
  membershipChanges: number;
  /** Bursts of frames, bodies that were held back, and people who were taken out while they acted. */
  attacks: Record<string, number>;
  faults: Record<string, number>;
  /** Seconds after the end of a fault until every device had all that was acknowledged before; the longest. */
  longestRecovery: number;
  timetable: { at: number; ended: number; recovered: number; last: string | null; fault: object }[];
  /** Whether everything had come to rest when it was looked at. */
  rested: boolean;
  findings: Finding[];
}

const SHOWN = 20;

export function zerosOf({ findings }: Verdict): Report["zeros"] {
  const count = (fault: string) => findings.filter((finding) => finding.fault === fault).length;
  return Object.fromEntries(FAULTS.map((fault) => [fault, count(fault)])) as Report["zeros"];
}

export function timetableOf(faults: readonly Recovery[], start: number): Report["timetable"] {
  const seconds = (time: number) => Math.round((time - start) / 100) / 10;
  return faults.map(({ fault, from, to, recovered, last }) => ({
    at: seconds(from),
    ended: seconds(to),
    recovered,
    last,
    fault,
  }));
}

/** What all devices counted, together. */
export function summed(counts: readonly Counts[]): Pick<Report, "resumes" | "closes" | "resyncs"> {
  const sum = (records: readonly Record<string, number>[]): Record<string, number> => {
    const total: Record<string, number> = {};
    for (const record of records)
      for (const [name, count] of Object.entries(record)) total[name] = (total[name] ?? 0) + count;
    return total;
  };
  return {
    resumes: sum(counts.map(({ resumes }) => resumes)),
    closes: sum(counts.map(({ closes }) => closes)),
    resyncs: counts.reduce((total, { resyncs }) => total + resyncs, 0),
  };
}

/** The report as a table of text, with the first findings beneath. */
export function toText(report: Report): string {
  const listed = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  const rows: [string, string | number][] = [
    ["sent", report.sent],
    ["acknowledged", report.acknowledged],
    ["  of these sent again, until an answer came", report.repeated],
    ["deliveries owed", report.owed],
    ["delivered", report.delivered],
    ...Object.entries(report.zeros),
    ["came back, by way", listed(report.resumes)],
    ["closed, by code", listed(report.closes)],
    ["began anew (resync)", report.resyncs],
    ["people taken out or added", report.membershipChanges],
    ["attacks", listed(report.attacks)],
    ["faults", listed(report.faults)],
    ["longest from a fault's end until all had all", `${report.longestRecovery.toFixed(1)} s`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const first = report.findings.slice(0, SHOWN).map(({ fault, detail }) => `${fault}: ${detail}`);
  const more = report.findings.length - first.length;
  return [...table, "", ...first, ...(more > 0 ? [`and ${more} more`] : [])].join("\n").trimEnd();
}
