import type { SyntaxNode, Tree } from "@lezer/common";
import { parser } from "@lezer/python";
import { ExpressionError } from "./errors.ts";
import { MAX_SOURCE } from "./limits.ts";

const strict = parser.configure({ strict: true });

/** Parses a source as one Python expression; node offsets are those of the untrimmed source. */
export function parse(source: string): SyntaxNode {
  if (source.length > MAX_SOURCE) {
    throw new ExpressionError("TOO_COMPLEX", `An expression may not exceed ${MAX_SOURCE} characters.`);
  }
  if (source.includes("\0")) {
    throw new ExpressionError("SYNTAX", "An expression may not contain NUL.", source.indexOf("\0"));
  }
  const statements = parts(tree(maskForLezer(source)).topNode);
  const statement = statements[0];
  if (!statement) throw new ExpressionError("SYNTAX", "The expression is empty.", 0);
  if (statement.name !== "ExpressionStatement" || statements.length > 1) {
    throw new ExpressionError(
      "SYNTAX",
      "This is not a single expression.",
      (statements[1] ?? statement).from,
    );
  }
  return statement;
}

/** The children that mean something. */
export function parts(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name !== "Comment") found.push(child);
  }
  return found;
}

/**
 * Lezer reads `1.` as the start of an attribute, `print` as Python 2's statement, and leading blanks as an
 * indentation; Python's `eval` does not. Each is replaced by something of the same length that Lezer
 * understands as intended. The compiler reads numbers, names and strings from the original, so a replacement
 * in the wrong place (inside a string, after a name) changes nothing.
 */
function maskForLezer(source: string): string {
  return source
    .replace(/^[ \t\r\n\f]+/, (blanks) => "\n".repeat(blanks.length))
    .replace(/(?<![\p{XID_Continue}.])(\d[\d_]*)\.(?!\d)/gu, (_, digits: string) => `${digits}0`)
    .replace(/\bprint\b/g, "Print");
}

function tree(source: string): Tree {
  try {
    return strict.parse(source);
  } catch (error) {
    // Strict Lezer reports where it stopped only in its message, "No parse at 12".
    const position = /\d+$/.exec(error instanceof Error ? error.message : "");
    throw new ExpressionError(
      "SYNTAX",
      "The expression is not valid Python.",
      position ? Number(position[0]) : null,
    );
  }
}
