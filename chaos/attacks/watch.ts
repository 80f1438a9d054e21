import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { now } from "../ledger.ts";

/** Milliseconds between two questions, and until an answer is no longer waited for. */
const EVERY = 100;
const PATIENCE = 5_000;
const PAGE = 4_096;

/** What somebody else sees of a node meanwhile. */
export interface Watch {
  /** The longest wait for an answer, in milliseconds, and by how many bytes its memory has grown at most. */
  stop(): Promise<{ longest: number; grown: number }>;
}

/** Asks a node whether it is well, and what anybody may ask, again and again. */
export function watch(address: string, token: string, pid: number): Watch {
  const before = memoryOf(pid);
  let [longest, grown, isStopped] = [0, 0, false];

  async function ask(path: string): Promise<void> {
    while (!isStopped) {
      const from = now();
      const headers = { authorization: `Bearer ${token}` };
      const signal = AbortSignal.timeout(PATIENCE);
      const isAnswered = await fetch(`${address}${path}`, { headers, signal }).then(
        async (answer) => (await answer.text()) !== "" && answer.status < 400,
        () => false,
      );
      longest = Math.max(longest, isAnswered ? now() - from : PATIENCE);
      grown = Math.max(grown, memoryOf(pid) - before);
      await sleep(EVERY);
    }
  }
  const asking = Promise.all(["/healthz", "/api/accounts/me"].map(ask));
  return {
    async stop() {
      isStopped = true;
      await asking;
      return { longest, grown };
    },
  };
}

/** Bytes that a process has in memory, where the system says so. */
function memoryOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * PAGE;
  } catch {
    return 0;
  }
}
