import type { PushEntity } from '../../../../../shared/model/mapping.ts';
import type { EntityBasis } from '../../../reading/read-basis.ts';
import { userVariables } from '../../../reading/user-variables.ts';
import { checkTables } from '../app-model/check-packet.ts';
import type { ErpUser, ReadRequest } from '../../erp.ts';
import type { LinkParts } from '../../link-parts.ts';
import { entityRequest } from '../render-snapshot.ts';

/** Raised when the same rows get other bytes. */
const RENDERER = 1;

/** One segment of one user's packet: what it is called, and how it is read. */
export interface SegmentAsk {
  readonly key: string;
  /** Place of the entity in the mapping. */
  readonly index: number;
  readonly entity: PushEntity;
  readonly request: ReadRequest;
  /** Whether it may be read together with others of its entity. */
  readonly together: boolean;
}

type Known = Pick<LinkParts, 'mapping' | 'zones' | 'source' | 'appModel' | 'policy' | 'hash'>;

interface Prepared {
  readonly entity: PushEntity;
  /** Everything but the user that says what the bytes are. */
  readonly print: string;
  /** In small letters; undefined where all of the user's columns count. */
  readonly variables: ReadonlySet<string> | undefined;
}

/** Says which segments a user's packet is made of. Users with equal values ask for the same ones. */
export class SegmentAsks {
  readonly #known: Known;
  readonly #prepared: readonly Prepared[];
  readonly #asked = new Map<string, readonly SegmentAsk[]>();

  constructor(known: Known, entities: readonly EntityBasis[]) {
    const { mapping, zones, source, appModel, policy, hash } = known;
    this.#known = known;
    const around = JSON.stringify([RENDERER, policy.modelHash, source, zones, appModel?.model ?? null]);
    this.#prepared = mapping.push.entities.map((entity, index) => ({
      entity,
      print: hash(JSON.stringify([hash(around), entity, entities[index]?.defined ?? ''])),
      variables: 'select' in entity.from ? userVariables(entity.from.select) : new Set(),
    }));
  }

  /** In the order of the packet. Throws BodyStreamError where the packet cannot be what the app or the mapping needs. */
  of(user: ErpUser): readonly SegmentAsk[] {
    const known = this.#asked.get(user.name);
    if (known !== undefined) return known;
    const { appModel, mapping } = this.#known;
    if (appModel !== undefined)
      checkTables(
        appModel,
        mapping.push.entities.map(({ entity }) => entity),
      );
    const asks = this.#prepared.map((one, index) => this.#ask(one, index, user));
    this.#asked.set(user.name, asks);
    return asks;
  }

  #ask({ entity, print, variables }: Prepared, index: number, user: ErpUser): SegmentAsk {
    const request = entityRequest(this.#known, entity, user);
    const filter = request.where.map(({ value }) => value);
    const columns = [...user.values].filter(
      ([column]) => variables === undefined || hasSay(column, variables),
    );
    const person = variables === undefined ? user.name : null;
    const key = this.#known.hash(JSON.stringify([print, filter, columns, person]));
    const together =
      filter.length > 0 && !filter.includes(null) && variables !== undefined && variables.size === 0;
    return { key, index, entity, request, together };
  }
}

/** Which letters outside ASCII a database takes for one inside is not known here: such a column always counts. */
const hasSay = (column: string, variables: ReadonlySet<string>): boolean =>
  variables.size > 0 && (variables.has(column.toLowerCase()) || !/^[\w@#$]*$/.test(column));
