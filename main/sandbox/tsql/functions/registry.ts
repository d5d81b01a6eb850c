import { bindingError, refused } from '../errors.ts';
import type { Binding, Compiled } from '../plan/context.ts';
import { CHANGE_TRACKING_FUNCTIONS } from './change-tracking.ts';
import { DATE_FUNCTIONS } from './dates.ts';
import { NUMBER_FUNCTIONS } from './numbers.ts';
import type { Bind, Call } from './shape.ts';
import { SYSTEM_FUNCTIONS } from './system.ts';
import { SECURITY_FUNCTIONS } from '../security/functions.ts';
import { TEXT_PARTS } from './text-parts.ts';
import { TEXT_COMPOSING } from './text-composing.ts';
import { TEXT_CODES } from './text-codes.ts';

const ALL: ReadonlyMap<string, Bind> = new Map(
  Object.entries({
    ...CHANGE_TRACKING_FUNCTIONS,
    ...TEXT_PARTS,
    ...TEXT_COMPOSING,
    ...TEXT_CODES,
    ...NUMBER_FUNCTIONS,
    ...DATE_FUNCTIONS,
    ...SYSTEM_FUNCTIONS,
    ...SECURITY_FUNCTIONS,
  }),
);

/** Functions a server has and this one does not: refused by name, where an unknown name is an error of the statement. */
const OUTSIDE = new Set(
  (
    'JSON_VALUE JSON_QUERY JSON_MODIFY ISJSON JSON_OBJECT JSON_ARRAY STRING_SPLIT STRING_ESCAPE PARSE TRY_PARSE TRANSLATE COMPRESS DECOMPRESS CHECKSUM ' +
    'BINARY_CHECKSUM SOUNDEX DIFFERENCE GREATEST LEAST TAN ATAN ATN2 ASIN ACOS COT DEGREES RADIANS STDEVP VARP GROUPING GROUPING_ID CUME_DIST ' +
    'PERCENT_RANK PERCENTILE_CONT PERCENTILE_DISC APPROX_COUNT_DISTINCT DATE_BUCKET DATETRUNC DATETIME2FROMPARTS TIMEFROMPARTS ' +
    'DATETIMEOFFSETFROMPARTS SMALLDATETIMEFROMPARTS CONTEXT_INFO SESSION_CONTEXT GET_FILESTREAM_TRANSACTION_CONTEXT ENCRYPTBYPASSPHRASE ' +
    'DECRYPTBYPASSPHRASE SIGNBYCERT INDEXPROPERTY INDEX_COL STATS_DATE FILE_ID FILE_NAME FULLTEXTSERVICEPROPERTY PERMISSIONS PWDENCRYPT ' +
    'PWDCOMPARE CURRENT_TRANSACTION_ID HOST_ID IDENT_SEED IDENT_INCR'
  ).split(' '),
);

/** Binds a call of a built-in function; a name that is none is error 195 (137 for @@names). */
export function bindFunction(call: Call, args: readonly Compiled[], binding: Binding): Compiled {
  const bind = ALL.get(call.name);
  if (bind) return bind(args, call, binding);
  if (OUTSIDE.has(call.name)) throw refused(`the function ${call.name}`);
  if (call.name.startsWith('@@'))
    throw bindingError(137, `Must declare the scalar variable "${call.name}".`, 15);
  throw bindingError(195, `'${call.name.toLowerCase()}' is not a recognized built-in function name.`, 15);
}
