export { Budget, BudgetExceeded } from "./budget.ts";
export { EXPRESSION_ERROR_CODES, ExpressionError, type ExpressionErrorCode } from "./errors.ts";
export { compileExpression, type Expression } from "./expression.ts";
export { isIdentifier } from "./identifiers.ts";
export { toQid, truthy } from "./truth.ts";
export type { Scope, Value } from "./values.ts";
