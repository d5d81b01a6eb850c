/** A refusal that the caller is told of: as a `Fault` by the data service, as an error by OData. */
export class RescoFault extends Error {
  readonly code: number;
  /** What was not there, for services that answer it otherwise than a bad value. */
  readonly missing: 'record' | 'entity' | 'privilege' | undefined;

  constructor(reason: string, options: { code?: number; missing?: RescoFault['missing'] } = {}) {
    super(reason);
    this.name = 'RescoFault';
    this.code = options.code ?? -2_147_220_891;
    this.missing = options.missing;
  }
}

export const noRecord = (entity: string, id: string): RescoFault =>
  new RescoFault(`${entity} with id ${id} does not exist`, { code: -2_147_220_969, missing: 'record' });
export const noPrivilege = (user: string, action: string, entity: string): RescoFault =>
  new RescoFault(`${user} has no privilege to ${action} ${entity}`, {
    code: -2_147_220_960,
    missing: 'privilege',
  });
