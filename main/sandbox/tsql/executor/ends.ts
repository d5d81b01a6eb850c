/** The batch is over; everything the client has to know was said. */
export class BatchEnd extends Error {}
/** The scope (procedure or dynamic text) is over, its caller goes on. */
export class ScopeEnd extends Error {
  readonly depth: number;
  constructor(depth: number) {
    super('scope ended');
    this.depth = depth;
  }
}
