import { SYSNAME, INT, TINYINT, nvarchar, DATETIME, BIT, typeText, SMALLINT } from '../types/sql-type.ts';
import { TYPE_IDS, storedSize, digits } from './type-facts.ts';
import { view, flat, moment } from './view.ts';
import type { SystemViews } from './view.ts';

/** What has a text: views, procedures, triggers. */
export const MODULE_VIEWS: SystemViews = {
  'sys.triggers': view((d) => flat(d.tables(), (t) => t.triggers), {
    name: [SYSNAME, (t) => t.name],
    object_id: [INT, (t) => t.objectId],
    parent_class: [TINYINT, () => 1],
    parent_id: [INT, (t) => t.table.objectId],
    type: [{ name: 'char', length: 2 }, () => 'TR'],
    type_desc: [nvarchar(60), () => 'SQL_TRIGGER'],
    create_date: [DATETIME, (t) => moment(t.created)],
    is_disabled: [BIT, (t) => t.disabled],
    is_instead_of_trigger: [BIT, () => false],
    is_ms_shipped: [BIT, () => false],
  }),
  'sys.trigger_events': view(
    (d) => flat(d.tables(), (t) => flat(t.triggers, (g) => g.events.map((e) => ({ g, e })))),
    {
      object_id: [INT, (x) => x.g.objectId],
      type: [INT, (x) => ['INSERT', 'UPDATE', 'DELETE'].indexOf(x.e) + 1],
      type_desc: [nvarchar(60), (x) => x.e],
    },
  ),
  'sys.parameters': view(
    function* (d) {
      for (const p of d.objects.values())
        if (p.kind === 'procedure')
          for (const [i, parameter] of p.parameters.entries()) yield { p, parameter, i };
    },
    {
      object_id: [INT, (x) => x.p.objectId],
      name: [SYSNAME, (x) => x.parameter.name],
      parameter_id: [INT, (x) => x.i + 1],
      system_type_id: [TINYINT, (x) => TYPE_IDS.get(typeText(x.parameter.resolved)) ?? 0],
      user_type_id: [INT, (x) => TYPE_IDS.get(typeText(x.parameter.resolved)) ?? 0],
      max_length: [SMALLINT, (x) => storedSize(x.parameter.resolved)],
      precision: [TINYINT, (x) => digits(x.parameter.resolved)[0]],
      scale: [TINYINT, (x) => digits(x.parameter.resolved)[1]],
      is_output: [BIT, (x) => x.parameter.output],
      has_default_value: [BIT, () => false],
      is_nullable: [BIT, () => true],
    },
  ),
  'sys.sql_modules': view(
    function* (d) {
      for (const o of d.objects.values()) if (o.kind !== 'table') yield o;
    },
    { object_id: [INT, (o) => o.objectId], definition: [nvarchar('max'), (o) => o.text] },
  ),
};
