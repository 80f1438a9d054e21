/** Loaded before a program with `--expose-gc`: SIGUSR2 clears away what it no longer needs. */
process.on("SIGUSR2", () => globalThis.gc!());
