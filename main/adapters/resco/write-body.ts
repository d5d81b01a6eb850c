import { canBeXml, xmlText } from '../protocols/xml-tree.ts';

export interface WriteItem {
  readonly entity: string;
  readonly key: string;
  readonly id: string;
  readonly action: 'Create' | 'Upsert' | 'Update' | 'Delete';
  /** In the form of the cloud; null clears. */
  readonly values: ReadonlyMap<string, string | null>;
}

const NAMESPACE = 'http://schemas.resco.net/XRM/Execute';

/** One operation of a batch; undefined when XML cannot carry it. */
export function itemXml({ entity, key, id, action, values }: WriteItem): string | undefined {
  const primary = key === 'id' ? '' : ` PrimaryKey="${xmlText(key)}"`;
  const fields = [...values].filter(([name]) => name !== key);
  if (!fields.every(([name, value]) => isName(name) && (value === null || canBeXml(value)))) return undefined;
  return [
    `<Entity EntityName="${xmlText(entity)}" Action="${action}"${primary}>`,
    `<${key}>${xmlText(id)}</${key}>`,
    ...fields.map(([name, value]) =>
      value === null || value === '' ? `<${name}/>` : `<${name}>${xmlText(value)}</${name}>`,
    ),
    '</Entity>',
  ].join('');
}

const isName = (name: string): boolean => /^[A-Za-z_][\w.-]*$/.test(name);

/** A batch in which each item is done or refused for itself. */
export const executeMultipleXml = (items: readonly string[]): string =>
  `<ExecuteMultiple xmlns="${NAMESPACE}" ContinueOnError="true">${items.join('')}</ExecuteMultiple>`;
