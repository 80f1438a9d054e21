/** The JSON of an object with further members, `"name":value,…`, whose JSON is at hand. */
export function withMembers(object: string, members: string): string {
  return `${opened(object)}${members}}`;
}

/** The same without its end, open for further members. */
export function opened(object: string): string {
  return object === "{}" ? "{" : `${object.slice(0, -1)},`;
}
