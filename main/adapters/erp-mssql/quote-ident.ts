/** A name that no object of a server can have. */
export class NotAnIdentifier extends Error {
  constructor(name: string) {
    super(`not an identifier: ${JSON.stringify(name.slice(0, 140))}`);
    this.name = 'NotAnIdentifier';
  }
}

/** An identifier in brackets. SQL Server's limit is 128 characters. Throws NotAnIdentifier. */
export function quoteIdent(name: string): string {
  if (name.length === 0 || name.length > 128 || name.includes('\0')) throw new NotAnIdentifier(name);
  return `[${name.replaceAll(']', ']]')}]`;
}

export const quoteName = (name: { readonly schema: string; readonly name: string }): string =>
  `${quoteIdent(name.schema)}.${quoteIdent(name.name)}`;

/** A name as an SQL text literal, for OBJECT_ID and its like in statements that take no parameters. */
export const quoteLiteral = (text: string): string => `N'${text.replaceAll("'", "''")}'`;

/** Whether a name can stand behind `@`: variables and parameters have no bracketed form. */
export const isVariableName = (name: string): boolean =>
  name.length <= 127 && /^[\p{L}_#$][\p{L}\p{N}_@#$]*$/u.test(name);
