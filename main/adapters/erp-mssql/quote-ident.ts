/** An identifier in brackets. SQL Server's limit is 128 characters; an empty or longer name is a bug of the caller. */
export function quoteIdent(name: string): string {
  if (name.length === 0 || name.length > 128 || name.includes('\0'))
    throw new Error(`not an identifier: ${JSON.stringify(name.slice(0, 140))}`);
  return `[${name.replaceAll(']', ']]')}]`;
}

export const quoteName = (name: { readonly schema: string; readonly name: string }): string =>
  `${quoteIdent(name.schema)}.${quoteIdent(name.name)}`;

/** A name as an SQL text literal, for OBJECT_ID and its like in statements that take no parameters. */
export const quoteLiteral = (text: string): string => `N'${text.replaceAll("'", "''")}'`;

/** Whether a name can stand behind `@`: variables and parameters have no bracketed form. */
export const isVariableName = (name: string): boolean =>
  name.length <= 127 && /^[\p{L}_#$][\p{L}\p{N}_@#$]*$/u.test(name);
