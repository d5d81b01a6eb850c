import type { ObjectName } from '../parser/ast.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Database } from '../storage/schema-objects.ts';
import { ACTIVITY_VIEWS } from './activity.ts';
import { COLUMN_VIEWS } from './columns.ts';
import { DATABASE_VIEWS } from './databases.ts';
import { DEPENDENCY_VIEWS } from './dependencies.ts';
import { INFORMATION_SCHEMA } from './information-schema.ts';
import { KEY_VIEWS } from './keys.ts';
import { MODULE_VIEWS } from './modules.ts';
import type { AnyObject } from './object-list.ts';
import { OBJECT_VIEWS, objectView } from './objects.ts';
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
  ...DEPENDENCY_VIEWS,
  ...INFORMATION_SCHEMA,
  'sys.all_objects': objectView(() => true, systemObjects),
};

/** Below zero as on a server, and the same however many views there are. */
function systemId(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return -1 - ((hash >>> 0) % 0x7fffffff);
}

/** The catalogue's own views as objects. */
export function* systemObjects(): Iterable<AnyObject> {
  for (const key of Object.keys(VIEWS)) {
    const [schema = '', name = ''] = key.split('.');
    const standard = schema === 'information_schema';
    yield {
      name: standard ? name.toUpperCase() : name,
      schema: standard ? 'INFORMATION_SCHEMA' : schema,
      objectId: systemId(key),
      created: 0,
      type: ['V ', 'VIEW'],
      parent: 0,
      shipped: true,
    };
  }
}

/** The view of the catalogue a name means, or undefined. */
export function catalogueView(
  name: ObjectName,
  database: Database,
  describe: DescribeView,
): SystemView | undefined {
  const key = name.slice(-2).map(nameKey).join('.');
  return VIEWS[key]?.(database, describe);
}
