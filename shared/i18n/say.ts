import { explainDetail } from '../contract/explain-reason.ts';
import type { Text } from '../contract/explanation.ts';
import type { Light } from '../contract/status.ts';
import { en } from './en/en.ts';
import { ago, clock, lasting, when, type TimeWords, type Viewpoint } from './time-words.ts';

export type TextKey = keyof typeof en;
type Params = Readonly<Record<string, string | number>>;

const catalogue: Readonly<Record<string, string>> = en;

export const isTextKey = (key: string): key is TextKey => Object.hasOwn(en, key);

const PLACEHOLDER = /\{([a-zA-Z]+)((?:\|[^{}|]+)*)\}/g;

/** Speaks the catalogue from one point of view. */
export class Speaker {
  readonly view: Viewpoint;
  readonly #numbers: Intl.NumberFormat;
  readonly #plurals: Intl.PluralRules;

  constructor(view: Viewpoint) {
    this.view = view;
    this.#numbers = new Intl.NumberFormat(view.locale);
    this.#plurals = new Intl.PluralRules(view.locale);
  }

  /** The sentence for a key known to the compiler. */
  text(key: TextKey, params: Params = {}): string {
    return this.#fill(catalogue[key] ?? key, params);
  }

  /** The sentence for a key that came from elsewhere; an unknown one is shown as it is, never hidden. */
  say(text: Text): string {
    const pattern = isTextKey(text.key) ? catalogue[text.key] : undefined;
    return pattern === undefined ? text.key : this.#fill(pattern, text.params);
  }

  /** A light's fact with its age. A failing one says what, and since when. */
  light(light: Light): string {
    const since: Params = light.since === undefined ? {} : { since: light.since };
    const what = this.say({ key: light.fact.key, params: { ...since, ...light.fact.params } });
    return light.state === 'attention' && light.since !== undefined
      ? this.text('light.failingSince', { what, ...since })
      : what;
  }

  /** `14 applied`: what a run counted, by the name the engine gave it. */
  count(name: string, count: number): string {
    const key = `count.${name}`;
    return isTextKey(key) ? this.text(key, { count }) : this.text('count.other', { count, name });
  }

  /** A step of an item's timeline and what was noted with it, in words where there are some. */
  step(event: string, detail: string): readonly [string, string] {
    const key = `event.${event}`;
    const reason = explainDetail(detail);
    const what = isTextKey(key) ? this.text(key) : event;
    if (event === 'claimed' && /^\d+$/.test(detail))
      return [what, this.text('event.attempt', { count: Number(detail) })];
    return [what, reason === undefined ? detail : this.say(reason.what)];
  }

  /** What an item is called: its document once that is known. */
  title(item: { readonly direction: 'in' | 'out'; readonly label: string; readonly user: string }): string {
    if (item.direction === 'out') return this.text('item.snapshot', { user: item.user });
    if (item.label === '') return this.text('item.unread');
    // A mapping names its documents in its own way: `order`.
    return item.label.charAt(0).toLocaleUpperCase(this.view.locale) + item.label.slice(1);
  }

  ago(at: number): string {
    return this.#time(ago(at, this.view));
  }

  when(at: number): string {
    return this.#time(when(at, this.view));
  }

  clock(at: number): string {
    return clock(at, this.view);
  }

  lasting(ms: number): string {
    return this.#time(lasting(ms));
  }

  #time(words: TimeWords): string {
    return 'text' in words ? words.text : this.text(words.key, { count: words.count });
  }

  #fill(pattern: string, params: Params): string {
    return (
      pattern
        .replace(PLACEHOLDER, (_whole, name: string, tail: string) => {
          const value = Object.hasOwn(params, name) ? params[name] : undefined;
          return value === undefined ? '' : this.#show(value, tail.split('|').slice(1));
        })
        // What an absent value leaves behind.
        .replace(/ {2,}/g, ' ')
        .replace(/ ?\( ?\)/g, '')
        .replace(/\( /g, '(')
        .replace(/ \)/g, ')')
        .trim()
    );
  }

  #show(value: string | number, [how, ...forms]: readonly string[]): string {
    if (how === undefined || typeof value === 'string') return String(value);
    switch (how) {
      case 'n':
        return this.#numbers.format(value);
      case 'plural':
        return (this.#plurals.select(value) === 'one' ? forms[0] : forms[1]) ?? '';
      case 'ago':
        return this.ago(value);
      case 'when':
        return this.when(value);
      case 'clock':
        return this.clock(value);
      default:
        return String(value);
    }
  }
}
