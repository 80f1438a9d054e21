/** The JSON of an object with further members, `"name":value,…`, whose JSON is at hand. */
export function withMembers(object: string, members: string): string {
  return `${object.slice(0, -1)}${object === "{}" ? "" : ","}${members}}`;
}
