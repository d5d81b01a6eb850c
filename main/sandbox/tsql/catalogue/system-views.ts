import type { ObjectName } from '../parser/ast.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Database } from '../storage/schema-objects.ts';
import { ACTIVITY_VIEWS } from './activity.ts';
import { COLUMN_VIEWS } from './columns.ts';
import { DATABASE_VIEWS } from './databases.ts';
import { INFORMATION_SCHEMA } from './information-schema.ts';
import { KEY_VIEWS } from './keys.ts';
import { MODULE_VIEWS } from './modules.ts';
import { OBJECT_VIEWS } from './objects.ts';
import { PRINCIPAL_VIEWS } from './principals.ts';
import { TRACKING_VIEWS } from './tracking.ts';
import type { SystemViews, DescribeView, SystemView } from './view.ts';

const VIEWS: SystemViews = {
  ...PRINCIPAL_VIEWS,
  ...ACTIVITY_VIEWS,
  ...DATABASE_VIEWS,
  ...TRACKING_VIEWS,
  ...OBJECT_VIEWS,
  ...COLUMN_VIEWS,
  ...KEY_VIEWS,
  ...MODULE_VIEWS,
  ...INFORMATION_SCHEMA,
};

/** The view of the catalogue a name means, or undefined. */
export function catalogueView(
  name: ObjectName,
  database: Database,
  describe: DescribeView,
): SystemView | undefined {
  const key = name.slice(-2).map(nameKey).join('.');
  return VIEWS[key]?.(database, describe);
}
