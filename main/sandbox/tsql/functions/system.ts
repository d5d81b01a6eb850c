import { codePageOf } from '../types/code-pages.ts';
import type { SqlValue } from '../face.ts';
import { nameOfId, objectIdOf, objectById } from '../catalogue/ids.ts';
import { typeNameOf } from '../catalogue/type-facts.ts';
import type { Env } from '../plan/context.ts';
import { nameKey, rowversionBytes } from '../storage/schema-objects.ts';
import {
  BIGINT,
  GUID,
  INT,
  SMALLINT,
  SYSNAME,
  decimal,
  isUnicode,
  lengthOf,
  nvarchar,
  plainText,
} from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { convertTo } from '../plan/convert-node.ts';
import { arg, need, ofSystem } from './shape.ts';
import type { Bind } from './shape.ts';

const constant =
  (type: Type, fn: (e: Env) => SqlValue): Bind =>
  (args, call) => {
    need(call, args, 0);
    return ofSystem(type, true, fn);
  };
const error = (part: 'number' | 'message' | 'state' | 'severity' | 'line' | 'procedure', type: Type): Bind =>
  constant(type, (e) => e.run.system.error(part));
const identity = (v: bigint | null): SqlValue => (v === null ? null : v.toString());
const BINARY8: Type = { name: 'varbinary', length: 8 };

/** A function of one text argument and the run. */
const named =
  (type: Type, fn: (e: Env, name: string) => SqlValue): Bind =>
  (args, call) => {
    need(call, args, 1);
    const value = convertTo(arg(args, 0), nvarchar(4000)).eval;
    return ofSystem(type, true, (e) => {
      const v = value(e);
      return v === null ? null : fn(e, v as string);
    });
  };

const SERVER_PROPERTIES: Readonly<Record<string, { type: Type; value: (e: Env) => SqlValue }>> = {
  servername: { type: nvarchar(128), value: (e) => e.run.system.serverName },
  machinename: { type: nvarchar(128), value: (e) => e.run.system.serverName },
  instancename: { type: nvarchar(128), value: () => null },
  productversion: { type: nvarchar(128), value: () => '15.0.2000.5' },
  productlevel: { type: nvarchar(128), value: () => 'RTM' },
  productmajorversion: { type: nvarchar(128), value: () => '15' },
  edition: { type: nvarchar(128), value: () => 'Sandbox Edition' },
  engineedition: { type: INT, value: () => 3 },
  collation: { type: nvarchar(128), value: () => 'SQL_Latin1_General_CP1_CI_AS' },
  ishadrenabled: { type: INT, value: () => 0 },
  isclustered: { type: INT, value: () => 0 },
};

export const SYSTEM_FUNCTIONS: Readonly<Record<string, Bind>> = {
  NEWID: constant(GUID, (e) => e.run.system.newId()),
  NEWSEQUENTIALID: constant(GUID, (e) => e.run.system.newId()),
  SCOPE_IDENTITY: constant(decimal(38, 0), (e) => identity(e.run.system.scopeIdentity())),
  '@@IDENTITY': constant(decimal(38, 0), (e) => e.run.system.global('IDENTITY')),
  '@@ROWCOUNT': constant(INT, (e) => e.run.system.global('ROWCOUNT')),
  ROWCOUNT_BIG: constant(BIGINT, (e) => BigInt(e.run.system.global('ROWCOUNT') as number)),
  '@@TRANCOUNT': constant(INT, (e) => e.run.system.global('TRANCOUNT')),
  '@@ERROR': constant(INT, (e) => e.run.system.global('ERROR')),
  '@@SPID': constant(SMALLINT, (e) => e.run.system.global('SPID')),
  '@@LOCK_TIMEOUT': constant(INT, (e) => e.run.system.global('LOCK_TIMEOUT')),
  '@@NESTLEVEL': constant(INT, (e) => e.run.system.global('NESTLEVEL')),
  '@@OPTIONS': constant(INT, (e) => e.run.system.global('OPTIONS')),
  '@@VERSION': constant(nvarchar(300), () => 'Sandbox Server 15.0.2000.5 (T-SQL subset)'),
  '@@SERVERNAME': constant(nvarchar(128), (e) => e.run.system.serverName),
  '@@SERVICENAME': constant(nvarchar(128), () => 'MSSQLSERVER'),
  '@@LANGUAGE': constant(nvarchar(128), () => 'us_english'),
  '@@MAX_PRECISION': constant({ name: 'tinyint' }, () => 38),
  '@@DATEFIRST': constant({ name: 'tinyint' }, () => 7),
  '@@MICROSOFTVERSION': constant(INT, () => 251658240 + 2000),
  '@@PROCID': constant(INT, (e) => e.run.system.currentProcedure()?.objectId ?? 0),
  '@@DBTS': constant(BINARY8, (e) => rowversionBytes(e.run.system.database.dbts)),
  MIN_ACTIVE_ROWVERSION: constant({ name: 'binary', length: 8 }, (e) =>
    rowversionBytes(e.run.system.minActiveRowversion()),
  ),
  XACT_STATE: constant(SMALLINT, (e) => e.run.system.xactState()),
  ERROR_NUMBER: error('number', INT),
  ERROR_MESSAGE: error('message', nvarchar(4000)),
  ERROR_STATE: error('state', INT),
  ERROR_SEVERITY: error('severity', INT),
  ERROR_LINE: error('line', INT),
  ERROR_PROCEDURE: error('procedure', SYSNAME),
  ORIGINAL_LOGIN: constant(SYSNAME, (e) => e.run.system.login),
  SUSER_SNAME: constant(SYSNAME, (e) => e.run.system.login),
  SUSER_NAME: constant(SYSNAME, (e) => e.run.system.login),
  SYSTEM_USER: constant(SYSNAME, (e) => e.run.system.login),
  HOST_NAME: constant(nvarchar(128), () => null),
  APP_NAME: constant(nvarchar(128), () => null),
  DB_NAME: (args, call) => {
    need(call, args, 0, 1);
    const id = args[0] ? convertTo(args[0], INT).eval : undefined;
    return ofSystem(SYSNAME, true, (e) => {
      if (!id) return e.run.system.database.name;
      const wanted = id(e);
      for (const d of e.run.system.databases()) if (d.id === wanted) return d.name;
      return null;
    });
  },
  DB_ID: (args, call) => {
    need(call, args, 0, 1);
    const name = args[0] ? convertTo(args[0], SYSNAME).eval : undefined;
    return ofSystem(INT, true, (e) => {
      if (!name) return e.run.system.database.id;
      const wanted = name(e);
      return wanted === null ? null : (e.run.system.databaseNamed(wanted as string)?.id ?? null);
    });
  },
  OBJECT_ID: (args, call) => {
    need(call, args, 1, 2);
    const kind = args[1] ? convertTo(args[1], nvarchar(10)).eval : undefined;
    const name = convertTo(arg(args, 0), nvarchar(4000)).eval;
    return ofSystem(INT, true, (e) => {
      const n = name(e);
      const k = kind ? kind(e) : undefined;
      return n === null || k === null ? null : objectIdOf(e.run.system, n as string, k as string | undefined);
    });
  },
  OBJECT_NAME: (args, call) => {
    need(call, args, 1, 2);
    const id = convertTo(arg(args, 0), INT).eval;
    return {
      type: SYSNAME,
      nullable: true,
      eval: (e) => nameOfId(e.run.system, id(e) as number | null)?.name ?? null,
    };
  },
  OBJECT_SCHEMA_NAME: (args, call) => {
    need(call, args, 1, 2);
    const id = convertTo(arg(args, 0), INT).eval;
    return {
      type: SYSNAME,
      nullable: true,
      eval: (e) => nameOfId(e.run.system, id(e) as number | null)?.schema ?? null,
    };
  },
  SCHEMA_ID: (args, call) => {
    need(call, args, 0, 1);
    const name = args[0] ? convertTo(args[0], SYSNAME).eval : undefined;
    return ofSystem(
      INT,
      true,
      (e) => e.run.system.database.schemas.get(nameKey(name ? plainText(name(e)) : 'dbo'))?.id ?? null,
    );
  },
  SCHEMA_NAME: (args, call) => {
    need(call, args, 0, 1);
    const id = args[0] ? convertTo(args[0], INT).eval : undefined;
    return ofSystem(SYSNAME, true, (e) => {
      const wanted = id ? id(e) : 1;
      for (const s of e.run.system.database.schemas.values()) if (s.id === wanted) return s.name;
      return null;
    });
  },
  SERVERPROPERTY: (args, call) => {
    need(call, args, 1);
    const name = arg(args, 0).constant?.value;
    const property = SERVER_PROPERTIES[plainText(name ?? '').toLowerCase()];
    return property
      ? ofSystem(property.type, true, property.value)
      : ofSystem(nvarchar(128), true, () => null);
  },
  COLLATIONPROPERTY: (args, call) => {
    need(call, args, 2);
    const name = convertTo(arg(args, 0), SYSNAME).eval;
    const property = plainText(arg(args, 1).constant?.value ?? '').toLowerCase();
    return ofSystem(INT, true, (e) => {
      const collation = name(e);
      return collation === null || property !== 'codepage'
        ? null
        : (codePageOf(plainText(collation)) ?? null);
    });
  },
  DATABASEPROPERTYEX: (args, call) => {
    need(call, args, 2);
    const name = plainText(arg(args, 1).constant?.value ?? '').toLowerCase();
    const answers: Record<string, string> = {
      status: 'ONLINE',
      updateability: 'READ_WRITE',
      collation: 'SQL_Latin1_General_CP1_CI_AS',
      recovery: 'SIMPLE',
      useraccess: 'MULTI_USER',
    };
    return ofSystem(nvarchar(128), true, () => answers[name] ?? null);
  },
  IDENT_CURRENT: named(decimal(38, 0), (e, name) => {
    const t = objectById(e.run.system, objectIdOf(e.run.system, name, 'U') as number | null);
    if (t?.kind !== 'table') return null;
    const column = t.columns.find((c) => c.identity);
    return column ? (t.lastIdentity ?? column.identity?.seed ?? 1n).toString() : null;
  }),
  COL_LENGTH: (args, call) => {
    need(call, args, 2);
    const [table, column] = [
      convertTo(arg(args, 0), nvarchar(4000)).eval,
      convertTo(arg(args, 1), SYSNAME).eval,
    ];
    return ofSystem(SMALLINT, true, (e) => {
      const [t, c] = [table(e), column(e)];
      if (t === null || c === null) return null;
      const found = objectById(
        e.run.system,
        objectIdOf(e.run.system, t as string, undefined) as number | null,
      );
      if (found?.kind !== 'table') return null;
      const type = found.columns[found.ordinal(c as string)]?.type;
      if (!type) return null;
      const n = lengthOf(type);
      return n === 'max' ? -1 : isUnicode(type) ? n * 2 : n;
    });
  },
  COL_NAME: (args, call) => {
    need(call, args, 2);
    const [id, column] = [convertTo(arg(args, 0), INT).eval, convertTo(arg(args, 1), INT).eval];
    return ofSystem(SYSNAME, true, (e) => {
      const t = objectById(e.run.system, id(e) as number | null);
      return t?.kind === 'table' ? (t.columns.find((c) => c.id === column(e))?.name ?? null) : null;
    });
  },
  COLUMNPROPERTY: (args, call) => {
    need(call, args, 3);
    const [id, column, property] = [
      convertTo(arg(args, 0), INT).eval,
      convertTo(arg(args, 1), SYSNAME).eval,
      convertTo(arg(args, 2), nvarchar(128)).eval,
    ];
    return ofSystem(INT, true, (e) => {
      const t = objectById(e.run.system, id(e) as number | null);
      const c = t?.kind === 'table' ? t.columns[t.ordinal(plainText(column(e)))] : undefined;
      if (!c) return null;
      switch (plainText(property(e)).toLowerCase()) {
        case 'allowsnull':
          return c.nullable ? 1 : 0;
        case 'isidentity':
          return c.identity ? 1 : 0;
        case 'iscomputed':
          return c.computed ? 1 : 0;
        case 'columnid':
          return c.id;
        default:
          return null;
      }
    });
  },
  OBJECTPROPERTY: (args, call) => {
    need(call, args, 2);
    const [id, property] = [convertTo(arg(args, 0), INT).eval, convertTo(arg(args, 1), nvarchar(128)).eval];
    return ofSystem(INT, true, (e) => {
      const o = objectById(e.run.system, id(e) as number | null);
      if (!o) return null;
      switch (plainText(property(e)).toLowerCase()) {
        case 'istable':
        case 'isusertable':
          return o.kind === 'table' ? 1 : 0;
        case 'isview':
          return o.kind === 'view' ? 1 : 0;
        case 'isprocedure':
          return o.kind === 'procedure' ? 1 : 0;
        case 'istrigger':
          return o.kind === 'trigger' ? 1 : 0;
        case 'tablehasprimarykey':
          return o.kind === 'table' && o.indexes.some((i) => i.primary) ? 1 : 0;
        case 'tablehasidentity':
          return o.kind === 'table' && o.columns.some((c) => c.identity) ? 1 : 0;
        default:
          return null;
      }
    });
  },
  OBJECT_DEFINITION: (args, call) => {
    need(call, args, 1);
    const id = convertTo(arg(args, 0), INT).eval;
    return ofSystem(nvarchar('max'), true, (e) => {
      const o = objectById(e.run.system, id(e) as number | null);
      return o && o.kind !== 'table' ? o.text : null;
    });
  },
  TYPE_NAME: (args, call) => {
    need(call, args, 1);
    const id = convertTo(arg(args, 0), INT).eval;
    return ofSystem(SYSNAME, true, (e) => {
      const wanted = id(e);
      return wanted === null ? null : typeNameOf(wanted as number);
    });
  },
  APPLOCK_MODE: (args, call) => {
    need(call, args, 3);
    const [resource, owner] = [
      convertTo(arg(args, 1), nvarchar(255)).eval,
      convertTo(arg(args, 2), nvarchar(32)).eval,
    ];
    return ofSystem(nvarchar(32), true, (e) =>
      e.run.system.appLockMode(plainText(resource(e)), plainText(owner(e))),
    );
  },
  SESSIONPROPERTY: named({ name: 'sql_variant' }, (e, name) => e.run.system.option(name)),
  CONNECTIONPROPERTY: named(nvarchar(128), (_, name) =>
    name.toLowerCase() === 'net_transport' ? 'TCP' : null,
  ),
  CURSOR_STATUS: (args, call) => {
    need(call, args, 2);
    return ofSystem(SMALLINT, true, () => -3);
  },
};
