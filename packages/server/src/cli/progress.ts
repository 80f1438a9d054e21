/** How often it is told, in milliseconds: a terminal overwrites its line, a log grows by one. */
const [EACH, EACH_LINE] = [200, 1_000];

/** `12,000 of 100,000 · 8 s` on the standard error, where it is a terminal or `forced`. */
export function openProgress(forced: boolean): {
  /** How far it is, in words. */
  tell(far: string): void;
  end(): void;
} {
  const { stderr } = process;
  const started = performance.now();
  let far = "";
  let told = "";
  let last = Number.NEGATIVE_INFINITY;
  const write = () => {
    told = far;
    const line = `${far} · ${Math.round((performance.now() - started) / 1000)} s`;
    stderr.write(stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };
  if (!stderr.isTTY && !forced) return { tell() {}, end() {} };
  return {
    tell(now) {
      far = now;
      if (performance.now() - last < (stderr.isTTY ? EACH : EACH_LINE)) return;
      last = performance.now();
      write();
    },
    end() {
      if (told !== far) write();
      if (stderr.isTTY && far !== "") stderr.write("\n");
    },
  };
}
