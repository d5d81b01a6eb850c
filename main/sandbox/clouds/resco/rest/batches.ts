import { RescoFault } from '../state/fault.ts';
import { together } from '../state/store.ts';
import { write } from '../state/write.ts';
import type { Action, Written } from '../state/write.ts';
import type { User, World } from '../state/world.ts';
import { faultText, tooLarge, xmlAnswer } from './answers.ts';
import { itemsOf, readEntity } from './entity-body.ts';
import { runMoments } from '../moments.ts';
import type { XmlElement } from './xml.ts';

const result = (type: string, text: string): string => `<Result Type="${type}">${text}</Result>`;

/** How a write is told of: an id where a record was made, else true. */
export const resultOf = (world: World, { id, created }: Written): string =>
  created ? result('guid', id) : result('bool', world.switches.boolCase === 'lower' ? 'true' : 'True');

interface Item {
  readonly xml: XmlElement;
  readonly action?: Action | undefined;
}

function perform(world: World, user: User, { xml, action }: Item): string {
  return resultOf(world, write(world, user, readEntity(xml, action)));
}

function attempt(world: World, user: User, item: Item): { text: string; failed: boolean } {
  try {
    return { text: perform(world, user, item), failed: false };
  } catch (error) {
    if (!(error instanceof RescoFault)) throw error;
    return { text: faultText(error), failed: true };
  }
}

/** Execute: one write, its fault inside an answer of status 200. */
export function execute(world: World, user: User, xml: XmlElement): Response {
  return xmlAnswer(world.switches, 'Response', attempt(world, user, { xml }).text);
}

/** Create, Update and Delete: one write whose fault is the whole call's. */
export function single(world: World, user: User, xml: XmlElement, action: Action): Response {
  return xmlAnswer(world.switches, 'Response', perform(world, user, { xml, action }));
}

export function executeMultiple(world: World, user: User, xml: XmlElement): Response {
  const items = itemsOf(xml, 'ExecuteMultiple');
  if (items.length > world.switches.maxBatch) return tooLarge();
  const goOn = /^(true|1)$/i.test(xml.attributes['ContinueOnError'] ?? '');
  const answers: string[] = [];
  for (const [place, item] of items.entries()) {
    runMoments(world, 'ExecuteMultiple', 'item', place);
    const { text, failed } = attempt(world, user, { xml: item });
    answers.push(text);
    if (failed && !goOn) break;
  }
  return batchAnswer(world, answers);
}

/** CreateMultiple and its like. Atomic: one fault takes everything back and is told at its place. */
export function multiple(
  world: World,
  user: User,
  { xml, action, method }: { xml: XmlElement; action: Action; method: string },
): Response {
  const items = itemsOf(xml, 'Entities');
  if (items.length > world.switches.maxBatch) return tooLarge();
  const one = (item: XmlElement, place: number): { text: string; failed: boolean } => {
    runMoments(world, method, 'item', place);
    return attempt(world, user, { xml: item, action });
  };
  if (world.switches.multiple === 'continue')
    return batchAnswer(
      world,
      items.map((item, place) => one(item, place).text),
    );
  const answers: string[] = [];
  try {
    together(world, () => {
      for (const [place, item] of items.entries()) {
        const { text, failed } = one(item, place);
        answers.push(text);
        if (failed) throw new TakenBack();
      }
    });
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error;
    const fault = answers.at(-1) ?? '';
    const aside = faultText(new RescoFault('taken back, because another item failed'));
    return batchAnswer(
      world,
      items.map((_, place) => (place === answers.length - 1 ? fault : aside)),
    );
  }
  return batchAnswer(world, answers);
}

class TakenBack extends Error {}

function batchAnswer(world: World, answers: readonly string[]): Response {
  const flat = world.switches.emShape === 'flat';
  return xmlAnswer(
    world.switches,
    'ExecuteMultipleResponse',
    answers.map((text) => (flat ? text : `<Response>${text}</Response>`)).join(''),
  );
}
