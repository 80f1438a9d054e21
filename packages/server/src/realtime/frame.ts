import type { Pushes } from "@colloquy/protocol";

/** A push as text: made once for all who are told the same. */
export interface Frame {
  message: keyof Pushes;
  /** JSON. */
  data: string;
}

export function frameOf<Name extends keyof Pushes>(message: Name, data: Pushes[Name]): Frame {
  return { message, data: JSON.stringify(data) };
}

/** As it is sent. `event` is the token to come back with, for what comes from the log. */
export function toText({ message, data }: Frame, event?: string): string {
  const token = event === undefined ? "" : `,"event":"${event}"`;
  return `{"message":"${message}","data":${data}${token}}`;
}

/** The JSON of an object with further members, whose JSON is at hand. */
export function withMembers(object: string, members: Readonly<Record<string, string>>): string {
  const texts = Object.entries(members).map(([name, json]) => `"${name}":${json}`);
  const own = object.slice(0, -1);
  return `${own}${own === "{" ? "" : ","}${texts.join(",")}}`;
}
