/** Python's reserved words (`keyword.kwlist` of 3.11). */
const KEYWORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from " +
    "global if import in is lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);

const IDENTIFIER = /^[\p{XID_Start}_][\p{XID_Continue}]*$/u;

/**
 * Whether a name can be a variable: a Python identifier that is not a keyword, in the form to which Python normalizes
 * it (NFKC).
 */
export function isIdentifier(name: string): boolean {
  return IDENTIFIER.test(name) && !KEYWORDS.has(name) && name.normalize("NFKC") === name;
}
