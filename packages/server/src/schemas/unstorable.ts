import { type FieldErrors, textProblems } from "@colloquy/protocol";

/**
 * Texts of a document that PostgreSQL cannot hold, by their place: `{"questions.3.text": [problem]}`; null where
 * there are none. Names count too. For documents whose depth is known to be bounded.
 */
export function unstorableTexts(document: unknown): FieldErrors | null {
  const problems = problemsAt(document, []);
  return problems.length > 0 ? Object.fromEntries(problems) : null;
}

function problemsAt(value: unknown, path: readonly string[]): [string, string[]][] {
  if (typeof value === "string") return problemsOf(value, path);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    ...problemsOf(name, path),
    ...problemsAt(inner, [...path, name]),
  ]);
}

function problemsOf(text: string, path: readonly string[]): [string, string[]][] {
  const problems = textProblems(text);
  return problems.length > 0 ? [[path.join(".") || "document", problems]] : [];
}
