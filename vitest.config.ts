import { defineConfig } from "vitest/config";

/** The HTTP edge, the pure packages and some more know no database. */
const withoutDatabase = [
  "packages/server/src/http/**/*.test.ts",
  "packages/server/src/database/gather.test.ts",
  "packages/server/src/people/{directory,remember}.test.ts",
  "packages/server/src/realtime/{heartbeat,textFrame}.test.ts",
];
const exclude = ["**/node_modules/**", "**/dist/**"];

/** Both kinds run the same files, but for those named `x.postgres.test.ts` or `x.pglite.test.ts`. */
const onDatabase = (name: "pglite" | "postgres", other: string) => ({
  test: {
    name,
    include: ["packages/server/src/**/*.test.ts", "tests/**/*.test.ts"],
    exclude: [...exclude, ...withoutDatabase, `**/*.${other}.test.ts`],
    globalSetup: "tests/support/globalSetup.ts",
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});

export default defineConfig({
  test: {
    // One PGlite takes about 400 MB.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/{engine,protocol}/src/**/*.test.ts", "chaos/**/*.test.ts", ...withoutDatabase],
          exclude,
        },
      },
      onDatabase("pglite", "postgres"),
      onDatabase("postgres", "pglite"),
    ],
  },
});
