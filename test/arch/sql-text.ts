import ts from 'typescript';

export interface SqlText {
  readonly line: number;
  readonly text: string;
}

const NAME = String.raw`[\w.@#"\[\]§]+`;
/** What stands for an expression inside a text. */
const HOLE = '§';

/** A sentence of a person may have one of the words; a statement has their order. */
const SHAPES: readonly RegExp[] = [
  /\bSELECT\b[\s\S]*\bFROM\b/i,
  /\bINSERT\s+(INTO|OR)\b/i,
  new RegExp(String.raw`\bUPDATE\s+${NAME}\s+SET\b`, 'i'),
  /\bDELETE\s+FROM\b/i,
  /\b(CREATE|ALTER|DROP)\s+(UNIQUE\s+|TEMP(ORARY)?\s+|CLUSTERED\s+|NONCLUSTERED\s+)*(TABLE|INDEX|SCHEMA|DATABASE|VIEW|TRIGGER|PROCEDURE|FUNCTION|TYPE|LOGIN|USER)\b/i,
  /\b(MERGE\s+INTO|TRUNCATE\s+TABLE)\b/i,
  new RegExp(String.raw`\bEXEC(UTE)?\s+[(@\[§]`, 'i'),
  /\bsp_\w+\s+@/i,
  // A text that begins as a statement does, be it a part of one only.
  /^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|EXEC|MERGE|TRUNCATE)\s+\S/,
];

/** Texts of a source file that are statements of SQL, or begin as one; parts put together with + are one text. */
export function sqlTexts(name: string, source: string): readonly SqlText[] {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true);
  const found: SqlText[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (text === undefined) {
      ts.forEachChild(node, visit);
      return;
    }
    if (SHAPES.some((shape) => shape.test(text)))
      found.push({ line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1, text });
    // Texts inside the holes of a template, and on either side of a sum that is none.
    for (const inner of holesOf(node)) visit(inner);
  };
  visit(file);
  return found;
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map((span) => HOLE + span.literal.text).join('');
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression);
  if (!isSum(node)) return undefined;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  return left === undefined && right === undefined ? undefined : (left ?? HOLE) + (right ?? HOLE);
}

const isSum = (node: ts.Node): node is ts.BinaryExpression =>
  ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken;

function holesOf(node: ts.Node): readonly ts.Node[] {
  if (ts.isTemplateExpression(node)) return node.templateSpans.map((span) => span.expression);
  if (ts.isParenthesizedExpression(node)) return holesOf(node.expression);
  if (!isSum(node)) return [];
  return [node.left, node.right].flatMap((side) => (textOf(side) === undefined ? [side] : holesOf(side)));
}
