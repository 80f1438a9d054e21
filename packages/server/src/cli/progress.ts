/** How often it is told, in milliseconds: a terminal overwrites its line, a log grows by one. */
const [EACH, EACH_LINE] = [200, 1_000];

/** `12,000 of 100,000 · 8 s` on the standard error, where somebody watches or `forced`. */
export function openProgress(forced: boolean): {
  /** So many more are done, of so many in all. */
  add(count: number, total: number): void;
  end(): void;
} {
  const { stderr } = process;
  const started = performance.now();
  let done = 0;
  let all = 0;
  let last = Number.NEGATIVE_INFINITY;
  const tell = () => {
    const seconds = Math.round((performance.now() - started) / 1000);
    const line = `${done.toLocaleString("en")} of ${all.toLocaleString("en")} · ${seconds} s`;
    stderr.write(stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };
  if (!stderr.isTTY && !forced) return { add() {}, end() {} };
  return {
    add(count, total) {
      done += count;
      all = total;
      const now = performance.now();
      if (done === all || now - last < (stderr.isTTY ? EACH : EACH_LINE)) return;
      last = now;
      tell();
    },
    end() {
      tell();
      if (stderr.isTTY) stderr.write("\n");
    },
  };
}
