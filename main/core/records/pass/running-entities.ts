import type { RecordEntity, RecordMapping } from '../../../../shared/model/record-mapping.ts';
import { ok, type Result } from '../../../../shared/model/result.ts';
import { compileEntity, erpName } from '../carry/compile-entity.ts';
import type { References } from '../carry/entity-plan.ts';
import { otherSide, SIDES, type EntityShape, type RecordFilter, type Side } from '../record-store.ts';
import type { PassEnd, PassParts, RunningEntity } from './pass-parts.ts';

export interface Described {
  /** Whom others refer to first. */
  readonly entities: readonly RunningEntity[];
  readonly stopped: PassEnd['stopped'];
}

const nameOn = (entity: RecordEntity, side: Side): string =>
  side === 'erp' ? erpName(entity) : entity.cloud.entity;

/** Asks both sides what they have, and leaves out what the mapping no longer fits; the others go on. */
export async function runningEntities(parts: PassParts, signal: AbortSignal): Promise<Result<Described>> {
  const { mapping, stores, zone } = parts;
  const shapes: Record<Side, ReadonlyMap<string, EntityShape>> = { erp: new Map(), cloud: new Map() };
  for (const side of SIDES) {
    const described = await stores[side].describe(
      mapping.entities.map((entity) => nameOn(entity, side)),
      signal,
    );
    if (!described.ok) return described;
    shapes[side] = new Map(described.value.map((shape) => [shape.entity.toLowerCase(), shape]));
  }
  const references = referencesOf(parts);
  const entities: RunningEntity[] = [];
  const stopped: { readonly entity: string; readonly words: string }[] = [];
  for (const entity of inOrder(mapping)) {
    const of = (side: Side): EntityShape | undefined => shapes[side].get(nameOn(entity, side).toLowerCase());
    const [erp, cloud] = [of('erp'), of('cloud')];
    if (erp === undefined || cloud === undefined) {
      const missing = erp === undefined ? erpName(entity) : entity.cloud.entity;
      stopped.push({ entity: entity.entity, words: `${missing} is not there, or may not be read` });
      continue;
    }
    const { plan, problems } = compileEntity(mapping, entity, { erp, cloud }, zone);
    const [problem] = problems;
    if (problem === undefined) entities.push(running(entity, plan, references));
    else
      stopped.push({ entity: entity.entity, words: `${problem.field}: ${problem.message}; ${problem.hint}` });
  }
  return ok({ entities, stopped });
}

function running(entity: RecordEntity, plan: RunningEntity['plan'], references: References): RunningEntity {
  const filter = (side: Side): RecordFilter => ({ all: entity[side].filter });
  const fields = (side: Side): readonly string[] => [
    ...new Set([
      ...plan.fields.map(({ on }) => on[side]),
      ...(plan.mark[side]?.keys() ?? []),
      ...(side === 'cloud' && plan.foreignKey !== undefined ? [plan.foreignKey] : []),
    ]),
  ];
  return {
    plan,
    fields: { erp: fields('erp'), cloud: fields('cloud') },
    filters: { erp: filter('erp'), cloud: filter('cloud') },
    references,
  };
}

function referencesOf({ link, state }: PassParts): References {
  return {
    other: (entity, side, id) => {
      const [pair] = state.pairs(link, entity, side, [id]);
      return pair === undefined || pair.state === 'pending' || pair.state === 'closed'
        ? undefined
        : pair.ids[otherSide(side)];
    },
  };
}

/** Parents before children; who refers to each other in a circle stays in the order of the mapping. Pure. */
export function inOrder(mapping: RecordMapping): readonly RecordEntity[] {
  const rest = new Map(mapping.entities.map((entity) => [entity.entity, entity]));
  const ordered: RecordEntity[] = [];
  while (rest.size > 0) {
    const free = [...rest.values()].find((entity) =>
      entity.fields.every(
        ({ reference }) => reference === undefined || reference === entity.entity || !rest.has(reference),
      ),
    );
    const [first] = rest.values();
    const next = free ?? first;
    if (next === undefined) break;
    ordered.push(next);
    rest.delete(next.entity);
  }
  return ordered;
}
