import { SaxesParser } from 'saxes';
import { createRescoCloud } from '../../../../main/sandbox/clouds/resco/cloud.ts';
import type { RescoCloudOptions } from '../../../../main/sandbox/clouds/resco/cloud.ts';

export const DATA = '/rest/v1/data/nordwind';
export const ODATA = '/odata/v4/nordwind';
export const A1 = '6f1d2c3a-0b1e-4c55-9a77-2f0a1b2c3d4e';
export const A2 = '6f1d2c3a-0b1e-4c55-9a77-2f0a1b2c3d4f';
export const C1 = '0c9b8a77-6655-4433-8211-aabbccddeeff';
export const P1 = '11112222-3333-4444-8555-666677778888';
export const JANA = 'jana@nordwind.example';
export const RULER = 'rules@nordwind.example';
const PASSWORDS: Readonly<Record<string, string>> = {
  [JANA]: 'geheim',
  [RULER]: 'x',
  'žofie@nordwind.example': 'Größe€',
};

export interface Tree {
  name: string;
  ns: string;
  attributes: Record<string, string>;
  children: Tree[];
  text: string;
}

/** Reads an answer without the simulator's own parser. */
export function tree(xml: string): Tree {
  const root: Tree = { name: '', ns: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    const attributes = Object.fromEntries(
      Object.entries(tag.attributes).map(([key, one]) => [key, one.value]),
    );
    const node: Tree = { name: tag.local, ns: tag.uri, attributes, children: [], text: '' };
    open.at(-1)?.children.push(node);
    open.push(node);
  });
  parser.on('closetag', () => void open.pop());
  parser.on('text', (text) => {
    const node = open.at(-1);
    if (node !== undefined) node.text += text;
  });
  parser.write(xml).close();
  return root.children[0]!;
}

export const child = (node: Tree, name: string): Tree | undefined =>
  node.children.find((one) => one.name === name);

export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** A cloud with two customers, a contact and an item, and a hand-driven client. */
export function testResco(options: Partial<RescoCloudOptions> = {}) {
  const time = { ms: Date.parse('2026-11-20T09:00:00.000Z') };
  const cloud = createRescoCloud({
    clock: { now: () => time.ms },
    random: seeded(11),
    organisation: { name: 'nordwind' },
    users: Object.entries(PASSWORDS).map(([name, password]) => ({
      name,
      password,
      fullName: name === JANA ? 'Jana Example' : name,
    })),
    seed: (seeder) => {
      seeder.create('account', { name: 'Nordwind: Tools', creditlimit: '1234.50' }, A1);
      seeder.create('account', { name: 'Südwind', parentid: `account:${A1}` }, A2);
      seeder.create('contact', { fullname: 'Jan Novák', parentcustomerid: `account:${A1}` }, C1);
      seeder.create('product', { name: 'Hammer', productnumber: '0007' }, P1);
    },
    ...options,
  });

  const call = (
    path: string,
    init: RequestInit & { as?: string | null; password?: string } = {},
  ): Promise<Response> => {
    const { as = JANA, password, ...rest } = init;
    const headers = new Headers(rest.headers);
    if (as !== null && !headers.has('authorization'))
      headers.set(
        'authorization',
        `Basic ${Buffer.from(`${as}:${password ?? PASSWORDS[as] ?? ''}`).toString('base64')}`,
      );
    return cloud.fetch(
      new Request(path.startsWith('http') ? path : `https://resco.test${path}`, { ...rest, headers }),
    );
  };
  const post = (method: string, body = '', as: string = JANA): Promise<Response> =>
    call(`${DATA}${method === '' ? '' : `/${method}`}`, {
      method: 'POST',
      body,
      as,
      headers: { 'content-type': 'application/xml; charset=utf-8' },
    });
  const parsed = async (method: string, body = '', as: string = JANA): Promise<Tree> =>
    tree(await (await post(method, body, as)).text());

  /** Rows of a Fetch, each as its fields. */
  const rows = async (entity: string, inner: string, attributes = ''): Promise<Record<string, string>[]> => {
    const answer = await post(
      '',
      `<fetch version="1.0" ${attributes}><entity name="${entity}">${inner}</entity></fetch>`,
    );
    if (answer.status !== 200) throw new Error(await answer.text());
    return child(tree(await answer.text()), 'Entities')!.children.map((row) =>
      Object.fromEntries(row.children.map((field) => [field.name, field.text])),
    );
  };
  const row = async (entity: string, id: string, key = 'id'): Promise<Record<string, string> | undefined> =>
    (
      await rows(
        entity,
        `<all-attributes/><filter><condition attribute="${key}" operator="eq" value="${id}"/></filter>`,
      )
    )[0];

  /** Execute; the text of its Result, or `fault: reason`. */
  const execute = async (xml: string, as: string = JANA): Promise<string> => {
    const inner = (await parsed('Execute', xml, as)).children[0]!;
    return inner.name === 'Fault' ? `fault: ${child(inner, 'Reason')!.text}` : inner.text;
  };
  /** One write of a whole entity from its fields; `null` gives an empty element. */
  const entity = (name: string, action: string, fields: Record<string, string | null>, extra = ''): string =>
    `<Entity xmlns="http://schemas.resco.net/XRM/Execute" EntityName="${name}" Action="${action}"${extra}>${Object.entries(
      fields,
    )
      .map(([key, value]) => (value === null ? `<${key} />` : `<${key}>${value}</${key}>`))
      .join('')}</Entity>`;
  const write = (name: string, action: string, fields: Record<string, string | null>, as: string = JANA) =>
    execute(entity(name, action, fields), as);
  const max = async (): Promise<bigint> => BigInt((await parsed('GetMaxRowVersion')).children[0]!.text);

  return { cloud, control: cloud.control, time, call, post, parsed, rows, row, execute, entity, write, max };
}
