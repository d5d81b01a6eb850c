/** One thing that is wrong with a configuration file. */
export interface ConfigProblem {
  /** `pull.documents[0].write.values.CustomerNo`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

/** `['pull', 'documents', 0, 'a b']` to `pull.documents[0]["a b"]`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const text = String(part);
      if (!/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(text)) return `[${JSON.stringify(text)}]`;
      return index === 0 ? text : `.${text}`;
    })
    .join('');
}
