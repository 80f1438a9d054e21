/** One Ctrl-C under npm arrives twice: from the terminal, and passed on by npm. */
const SAME_STOP = 250;

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
export function untilStopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let first: number | null = null;
  const stop = (_signal: NodeJS.Signals, number: number) => {
    first ??= Date.now();
    resolve();
    if (Date.now() - first > SAME_STOP) process.exit(128 + number);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  if (process.env.npm_lifecycle_event !== undefined) whenOrphaned(resolve);
  return promise;
}

/** A SIGTERM to npm ends the shell that it runs scripts in, which passes nothing on: we would be left behind. */
function whenOrphaned(act: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    act();
  }, 500);
  watch.unref();
}
