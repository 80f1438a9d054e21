/** What an author calls the forms of Python that Lezer knows and this language does not have. */
const FORMS: Readonly<Record<string, string>> = {
  ArrayComprehensionExpression: "Comprehensions are",
  AwaitExpression: "await is",
  ComprehensionExpression: "Comprehensions are",
  DictionaryComprehensionExpression: "Comprehensions are",
  DictionaryExpression: "Dictionaries are",
  Ellipsis: "... is",
  FormatString: "Format strings are",
  LambdaExpression: "lambda is",
  NamedExpression: "Assignments with := are",
  SetComprehensionExpression: "Comprehensions are",
  SetExpression: "Sets are",
  YieldExpression: "yield is",
  "*": "Unpacking with * is",
  "**": "Unpacking with ** is",
  for: "Comprehensions are",
};

/** The sentence that refuses a form, by the name of its node. */
export function refusal(form: string): string {
  return `${FORMS[form] ?? "This form of Python is"} not supported.`;
}
