import { globSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import type { UserIdKind } from "./packages/server/src/index.ts";

/** The HTTP edge, the pure packages and some more know no database. */
const withoutDatabase = [
  "packages/server/src/http/**/*.test.ts",
  "packages/server/src/database/gather.test.ts",
  "packages/server/src/people/{directory,remember}.test.ts",
  "packages/server/src/search/typos.test.ts",
  "packages/server/src/{checkSettings,socketAuthentication}.test.ts",
  "packages/server/src/runs/inFlight.test.ts",
  "packages/server/src/realtime/{heartbeat,frame,hub}.test.ts",
];
const unit = ["packages/{engine,protocol}/src/**/*.test.ts", "chaos/**/*.test.ts", ...withoutDatabase];
const withDatabase = ["packages/server/src/**/*.test.ts", "tests/**/*.test.ts"];
/** Whatever is done with a user's id, somewhere in these. */
const withStrings = [
  "tests/journeys/{authorization,hidden,hostEvents,nodes,resume,sockets,surveys,unread}.test.ts",
  "packages/server/src/idempotency/idempotency.test.ts",
];
const exclude = ["**/node_modules/**", "**/dist/**"];
const MINUTE = 60_000;

export default defineConfig(({ mode }) => {
  const isDeep = mode === "deep";

  /** In the mode `deep`, the files in which something is tried more often than otherwise. */
  function including(patterns: string[]): string[] {
    if (!isDeep) return patterns;
    return globSync(patterns, { exclude }).filter((file) =>
      readFileSync(file, "utf8").includes("support/runs.ts"),
    );
  }

  const shared = {
    // Files share a process: most of what many of them take is to load the server, and to run it for the first time.
    isolate: false,
    // They end tests that hang. However busy the machine is, no other test takes so long.
    testTimeout: (isDeep ? 20 : 3) * MINUTE,
    hookTimeout: 3 * MINUTE,
    // Vitest's second is too little for what waits for another process on a busy machine.
    expect: { poll: { timeout: MINUTE, interval: 20 } },
  };

  /** Both kinds run the same files, but for those named `x.postgres.test.ts` or `x.pglite.test.ts`. */
  const onDatabase = (name: "pglite" | "postgres", other: string) => ({
    test: {
      ...shared,
      name,
      include: including(withDatabase),
      exclude: [...exclude, ...withoutDatabase, `**/*.${other}.test.ts`],
      globalSetup: "tests/support/globalSetup.ts",
      setupFiles: "tests/support/afterEachFile.ts",
      provide: { ids: "integer" as UserIdKind },
    },
  });

  /** In the mode `deep` some of what runs on PostgreSQL runs once more where users' ids are strings. */
  const onStrings = (project: ReturnType<typeof onDatabase>) => ({
    test: {
      ...project.test,
      name: "strings",
      include: withStrings,
      provide: { ids: "string" as UserIdKind },
    },
  });

  return {
    test: {
      // For two cores: tests wait, too, for other processes and for time. Each may take a gigabyte.
      maxWorkers: 3,
      projects: [
        { test: { ...shared, name: "unit", include: including(unit), exclude } },
        onDatabase("pglite", "postgres"),
        onDatabase("postgres", "pglite"),
        ...(isDeep ? [onStrings(onDatabase("postgres", "pglite"))] : []),
      ],
    },
  };
});
