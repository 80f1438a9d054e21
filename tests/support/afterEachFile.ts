import { afterAll } from "vitest";
import { endAll } from "./endings.ts";

// Files share a process, in which modules are evaluated once. Only a setup file is evaluated for each.
afterAll(endAll);
