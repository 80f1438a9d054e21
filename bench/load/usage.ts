import { readFileSync } from "node:fs";
import { Client } from "pg";

/** Of the clock that Linux counts processor time with: USER_HZ, which is the same everywhere. */
const TICKS = 100;
const PAGE_KILOBYTES = 4;

/** Processor time that a process took so far, in user and kernel mode, in seconds. Linux only. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // After the name, which may hold anything, comes field 3.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** What a process holds in memory, in kB. Linux only. */
export function residentKilobytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * PAGE_KILOBYTES;
}

/** Processor time of the PostgreSQL processes that serve a database, by process, in seconds. */
export async function databaseCpu(url: string): Promise<Map<number, number>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>(
    "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
  await client.end();
  return new Map(rows.map(({ pid }) => [pid, cpuSeconds(pid)]));
}
