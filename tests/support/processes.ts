import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** The ids of processes that fulfil a condition; one that has ended does not count, though its parent may not know yet. */
export function running(matches: (pid: number, parent: number) => boolean): number[] {
  return processes()
    .filter(({ pid, parent, state }) => !state.startsWith("Z") && matches(pid, parent))
    .map(({ pid }) => pid);
}

/** Linux says so in files, and may lack `ps`. */
function processes(): { pid: number; parent: number; state: string }[] {
  if (!existsSync("/proc/self/stat")) {
    const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" })
      .trim()
      .split("\n");
    return rows.map((row) => {
      const [pid, parent, state] = row.trim().split(/\s+/) as [string, string, string];
      return { pid: Number(pid), parent: Number(parent), state };
    });
  }
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        // The name, in brackets, may hold anything.
        const [state, parent] = readFileSync(`/proc/${pid}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ");
        return { pid: Number(pid), parent: Number(parent), state: state! };
      } catch {
        return []; // It has just ended.
      }
    });
}
