import type { Listed } from "./command.ts";

/** Everything that the command line does, in the order of the help. The file of a command is read when it is called. */
export const commands: readonly Listed[] = [
  {
    name: "serve",
    summary: "Serve the API over HTTP and WebSocket",
    load: async () => (await import("./serve.ts")).serve,
  },
  {
    name: "demo",
    summary: "Serve with demo people, schemas and threads, and a page to play them",
    load: async () => (await import("./demo.ts")).demo,
  },
  {
    name: "migrate",
    summary: "Bring the database up to date",
    load: async () => (await import("./migrate.ts")).migrate,
  },
  {
    name: "schema load",
    takes: "FILE…",
    summary: "Store schema documents",
    load: async () => (await import("./schemaLoad.ts")).schemaLoad,
  },
  {
    name: "schema dump",
    takes: "ID|NAME",
    summary: "Print a stored schema as a document",
    load: async () => (await import("./schemaDump.ts")).schemaDump,
  },
  {
    name: "schema list",
    summary: "List the stored schemas",
    load: async () => (await import("./schemaList.ts")).schemaList,
  },
  {
    name: "schema publish",
    takes: "ID|NAME",
    summary: "Publish a stored schema",
    load: async () => (await import("./schemaPublish.ts")).schemaPublish,
  },
  {
    name: "schema check",
    takes: "FILE|ID",
    summary: "Find errors in a schema, and what may be one",
    load: async () => (await import("./schemaCheck.ts")).schemaCheck,
  },
  {
    name: "schema simulate",
    takes: "FILE|ID",
    summary: "Play a schema in the terminal",
    load: async () => (await import("./schemaSimulate.ts")).schemaSimulate,
  },
  {
    name: "survey export",
    summary: "Write the answers to a schema's surveys, one row each",
    load: async () => (await import("./surveyExport.ts")).surveyExport,
  },
  {
    name: "account add",
    summary: "Add a person",
    load: async () => (await import("./accountAdd.ts")).accountAdd,
  },
  {
    name: "account list",
    summary: "List the people",
    load: async () => (await import("./accountList.ts")).accountList,
  },
  {
    name: "token",
    summary: "Print a token that authenticates a person for a day",
    load: async () => (await import("./token.ts")).token,
  },
];
