import type { DocumentHandler, Mapping, RowCheck } from '../../../shared/model/mapping.ts';
import { compileExpression } from './expressions.ts';

type Path = readonly (string | number)[];
type Report = (path: Path, message: string, hint: string) => void;
type Line = DocumentHandler['lines'][number];

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** How lines find their document, and rows below lines their line. Pure. */
export function checkJoin(handler: DocumentHandler, line: Line, at: Path, report: Report): void {
  const own = same(line.entity, handler.entity);
  if (own && handler.group === undefined)
    report(
      [...at, 'entity'],
      `"${line.entity}" is the header's own table`,
      'name the table of the lines, or say "group" for a table that has no headers',
    );
  if (own && line.join !== undefined && handler.group !== undefined)
    report([...at, 'join'], 'rows of a group belong to it already', 'leave out "join"');
  if (!own && line.join === undefined)
    report(
      [...at, 'join'],
      'nothing says which document a row belongs to',
      'name a field of the line and one of the header: "join": { "line", "header" }',
    );
  if (!own && handler.group !== undefined)
    report(
      [...at, 'entity'],
      `a group of rows of "${handler.entity}" has no lines of other tables`,
      'leave out "group", or these lines',
    );
  const { under } = line;
  if (under === undefined) return;
  if (same(under.entity, line.entity) || !handler.lines.some((one) => same(one.entity, under.entity)))
    report(
      [...at, 'under', 'entity'],
      `"${under.entity}" is no other table of the lines of this document`,
      'name the lines these rows belong to',
    );
}

/** Checks of rows must be questions that are true or false. Pure. */
export function checkChecks(
  mapping: Mapping,
  checks: readonly RowCheck[],
  path: Path,
  report: Report,
  place: 'header' | 'line',
): void {
  checks.forEach(({ cel }, index) => {
    const compiled = compileExpression(cel, mapping.pull.codes, place);
    if (!compiled.ok) report([...path, index, 'cel'], compiled.failure.message, compiled.failure.hint);
    else if (compiled.value.type !== 'bool')
      report(
        [...path, index, 'cel'],
        `the result is ${compiled.value.type}`,
        'compare something: cmp(row.quantity, "0") != 0',
      );
  });
}
