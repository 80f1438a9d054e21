import { matchesGlob } from "node:path";

/** A line of a Dockerfile, or several that belong together. */
export interface Instruction {
  name: string;
  /** `--from=build` and the like. */
  flags: Record<string, string>;
  /** All after the flags. */
  text: string;
}

export interface Stage {
  image: string;
  /** By which `COPY --from` knows it; null for one that has none. */
  name: string | null;
  steps: Instruction[];
}

export function readDockerfile(text: string): Stage[] {
  const lines = text.replace(/^\s*#.*\n/gm, "").replace(/\\\n\s*/g, "");
  const stages: Stage[] = [];
  for (const line of lines.split("\n").filter((line) => line.trim() !== "")) {
    const instruction = read(line);
    if (instruction.name === "FROM") {
      const [image = "", , name = null] = instruction.text.split(/\s+/);
      stages.push({ image, name, steps: [] });
    } else stages.at(-1)!.steps.push(instruction);
  }
  return stages;
}

function read(line: string): Instruction {
  const [, name = "", flagTexts = "", text = ""] = /^(\w+)\s+((?:--\S+\s+)*)(.*)$/.exec(line.trim()) ?? [];
  const pairs = flagTexts
    .split(/\s+/)
    .filter(Boolean)
    .map((flag) => {
      const end = flag.indexOf("=");
      return [flag.slice(2, end), flag.slice(end + 1)];
    });
  return { name: name.toUpperCase(), flags: Object.fromEntries(pairs), text };
}

/** The arguments of an instruction in its JSON form. */
export function listOf(text: string): string[] {
  return JSON.parse(text.replace(/^CMD\s+/, ""));
}

/** Tells which paths a `.dockerignore` leaves out: of all lines that match one, or what it is in, the last decides. */
export function ignoredBy(text: string): (path: string) => boolean {
  const rules = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ isException: line.startsWith("!"), glob: line.replace(/^!/, "") }));
  return (path) => {
    const parts = path.split("/");
    const places = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
    const last = rules.findLast(({ glob }) => places.some((place) => matchesGlob(place, glob)));
    return last !== undefined && !last.isException;
  };
}
