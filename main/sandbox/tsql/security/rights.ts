/** Rights by what they can be given on: those on objects also on their schema. What is not here cannot be granted in the sandbox. */
export const OBJECT_RIGHTS: ReadonlySet<string> = new Set([
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'EXECUTE',
  'REFERENCES',
  'VIEW DEFINITION',
  'VIEW CHANGE TRACKING',
  'ALTER',
  'CONTROL',
  'TAKE OWNERSHIP',
]);

export const DATABASE_RIGHTS: ReadonlySet<string> = new Set([
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'EXECUTE',
  'REFERENCES',
  'VIEW DEFINITION',
  'ALTER',
  'CONTROL',
  'CONNECT',
  'CREATE TABLE',
  'CREATE VIEW',
  'CREATE PROCEDURE',
  'CREATE SCHEMA',
  'CREATE ROLE',
  'ALTER ANY USER',
  'ALTER ANY ROLE',
  'ALTER ANY SCHEMA',
  'BACKUP DATABASE',
  'BACKUP LOG',
  'VIEW DATABASE STATE',
]);

export const SERVER_RIGHTS: ReadonlySet<string> = new Set([
  'VIEW SERVER STATE',
  'VIEW ANY DEFINITION',
  'VIEW ANY DATABASE',
  'ALTER ANY LOGIN',
  'ALTER ANY DATABASE',
  'CREATE ANY DATABASE',
  'CONTROL SERVER',
]);
