export * from "./errors.ts";
export * from "./fields/index.ts";
export * from "./shapes/account.ts";
export * from "./shapes/frames.ts";
export * from "./shapes/message.ts";
export * from "./shapes/nullable.ts";
export * from "./shapes/schema.ts";
export * from "./shapes/thread.ts";
