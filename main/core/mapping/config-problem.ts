/** One thing that is wrong with a configuration file. */
export interface ConfigProblem {
  /** `pull.documents[0].write.values.CustomerNo`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}
