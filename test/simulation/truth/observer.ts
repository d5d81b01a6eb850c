import type { LightState, SiteStatus } from '../../../shared/contract/status.ts';
import type { ReadAnswer, Reach, WireTap } from './wires.ts';

/** A moment at which a light said more than was so. */
export interface Untruth {
  /** Simulated milliseconds since the beginning. */
  readonly at: number;
  readonly rule: Rule;
  readonly light: string;
  readonly detail: string;
}

export const RULES = [
  'order-not-in-erp',
  'erp-last-call',
  'cloud-last-call',
  'call-unanswered',
  'run-overdue',
  'commit-unproven',
  'erp-away',
  'cloud-away',
  'paused',
  'list-too-old',
] as const;
export type Rule = (typeof RULES)[number];

export interface ObserverOptions {
  readonly wall: () => number;
  readonly monotonic: () => number;
  readonly erp: () => Reach;
  readonly cloud: () => Reach;
  /** The pull schedule, as whoever set the site up knows it. */
  readonly pullEveryMs: number;
  /** How long the cloud keeps what nobody fetches. */
  readonly retentionMs: number;
  /** Of these packets, which have every document of theirs in the ERP's tables. */
  readonly inErp: (packets: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** The time within which a side that went away, or a run that is late, must show. */
const WITHIN_MS = 10_000;

interface Since {
  readonly state: Reach;
  readonly at: number;
}

/**
 * Knows what is so from the wires, the ERP's own tables and the clock, and never from the agent; compares it with what the
 * agent says. Conditions are looked at only while a light claims to be fine: nothing else can be untrue.
 */
export class Observer implements WireTap {
  readonly untruths: Untruth[] = [];
  /** How often each rule was in force when a status was looked at: one that never was proves nothing. */
  readonly inForce = new Map<Rule, number>();
  looks = 0;
  fine = 0;
  readonly #options: ObserverOptions;
  /** Handed to the agent, and neither in the ERP nor given up by a person. */
  readonly #open = new Set<string>();
  readonly #closed = new Set<string>();
  readonly #erpCalls = new Calls();
  readonly #cloudCalls = new Calls();
  readonly #unproven = new Set<string>();
  #lastList: { wall: number; monotonic: number } | undefined;
  /** When a list last came back whole, whichever agent asked for it: by the clock nobody can set. */
  #goodList: number | undefined;
  #erp: Since = { state: 'up', at: 0 };
  #cloud: Since = { state: 'up', at: 0 };
  /** When a call that was due could first have shown that the cloud is away. */
  #cloudDueFailing: number | undefined;
  #paused = false;
  #running = false;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** A person gave it up. */
  givenUp(packet: string): void {
    this.#open.delete(packet);
    this.#closed.add(packet);
  }

  paused(is: boolean): void {
    this.#paused = is;
    if (!is) this.#lastList = this.#now();
  }

  /** An agent begins or ends. What went over the wire before says nothing about calls of the next one. */
  agentRuns(is: boolean): void {
    this.#running = is;
    this.#erpCalls.forget();
    this.#cloudCalls.forget();
    this.#lastList = is ? this.#now() : undefined;
  }

  connecting(): ReturnType<WireTap['connecting']> {
    const over = this.#erpCalls.begun('connect', this.#options.monotonic());
    return (outcome) => {
      if (outcome.kind === 'connected') over(true);
      else over(outcome.why === 'cancelled' ? undefined : false);
    };
  }

  sqlSent(call: Parameters<WireTap['sqlSent']>[0]): ReturnType<WireTap['sqlSent']> {
    const over = this.#erpCalls.begun(call.text.slice(0, 40), this.#options.monotonic());
    const named = call.parameters.find(({ name }) => name === 'packet')?.value;
    const packet = typeof named === 'string' ? named : undefined;
    const commits = /\bCOMMIT\b/.test(call.text);
    return (outcome) => {
      const answered = outcome.kind === 'answered' || outcome.kind === 'refused';
      over(answered);
      if (packet === undefined) return;
      if (answered) this.#unproven.delete(packet);
      else if (commits && outcome.kind === 'unknown') this.#unproven.add(packet);
    };
  }

  httpSent(request: Parameters<WireTap['httpSent']>[0]): ReturnType<WireTap['httpSent']> {
    const path = new URL(request.url).pathname;
    const over = this.#cloudCalls.begun(`${request.method} ${path}`, this.#options.monotonic());
    const list = request.method === 'GET' && /\/pull\/[^/]+$/.test(path);
    if (list) this.#lastList = this.#now();
    return (outcome) => {
      const ok =
        outcome.kind === 'answered' && outcome.response.status >= 200 && outcome.response.status < 300;
      over(ok && 'text' in outcome);
      if (!ok || !list || !('text' in outcome)) return;
      if (!request.url.includes('packetType=file')) this.#goodList = this.#options.monotonic();
      for (const id of listedIds((outcome as ReadAnswer).text)) if (!this.#closed.has(id)) this.#open.add(id);
    };
  }

  /** Compares one status with what is so. */
  async look(status: SiteStatus): Promise<void> {
    this.#notice();
    const [link] = status.links;
    if (link === undefined) throw new Error('the site has no link');
    const said: [string, LightState][] = [
      ['site', status.light],
      ['link', link.light],
    ];
    const claims = said.filter(([, light]) => light === 'fine');
    const cloudFine = link.lights.cloud.state === 'fine';
    const erpFine = link.lights.erp.state === 'fine' || link.lights.erp.state === 'working';
    this.looks += 1;
    if (link.light === 'fine') this.fine += 1;
    for (const [rule, detail] of this.#conditions()) {
      this.inForce.set(rule, (this.inForce.get(rule) ?? 0) + 1);
      if (rule === 'erp-away' && erpFine) this.#untrue(rule, 'erp', detail);
      if (rule === 'cloud-away' && cloudFine) this.#untrue(rule, 'cloud', detail);
      for (const [name] of claims) this.#untrue(rule, name, detail);
    }
    this.#lookAtRetention(link);
    if (this.#open.size === 0) return;
    this.inForce.set('order-not-in-erp', (this.inForce.get('order-not-in-erp') ?? 0) + 1);
    if (claims.length === 0) return;
    const there = await this.#options.inErp([...this.#open]);
    for (const packet of there) {
      this.#open.delete(packet);
      this.#closed.add(packet);
    }
    const [missing] = this.#open;
    if (missing !== undefined)
      for (const [name] of claims) this.#untrue('order-not-in-erp', name, `packet ${missing}`);
  }

  /** What a quarter of the retention allows, and half of it: the time left is told, and the link is red. */
  #lookAtRetention({ retention, light }: SiteStatus['links'][number]): void {
    const { monotonic, retentionMs } = this.#options;
    if (this.#goodList === undefined || !this.#running) return;
    const age = monotonic() - this.#goodList - WITHIN_MS;
    if (age < retentionMs / 4) return;
    this.inForce.set('list-too-old', (this.inForce.get('list-too-old') ?? 0) + 1);
    if (retention === undefined || (age >= retentionMs / 2 && light !== 'attention'))
      this.#untrue('list-too-old', 'link', `no good list for ${age + WITHIN_MS} ms`);
  }

  #conditions(): readonly (readonly [Rule, string])[] {
    if (!this.#running) return [];
    const { monotonic } = this.#options;
    const now = monotonic();
    const found: [Rule, string][] = [];
    if (this.#erpCalls.failed) found.push(['erp-last-call', '']);
    if (this.#cloudCalls.failed) found.push(['cloud-last-call', '']);
    for (const { open } of [this.#erpCalls, this.#cloudCalls])
      if (open !== undefined && now - open.at > WITHIN_MS) found.push(['call-unanswered', open.what]);
    const late = this.#lateBy();
    if (late > WITHIN_MS) found.push(['run-overdue', `late by ${late} ms`]);
    if (this.#unproven.size > 0) found.push(['commit-unproven', [...this.#unproven].join(' ')]);
    if (this.#erp.state !== 'up' && now - this.#erp.at >= WITHIN_MS)
      found.push(['erp-away', `${this.#erp.state} for ${now - this.#erp.at} ms`]);
    if (this.#cloudDueFailing !== undefined && now - this.#cloudDueFailing >= WITHIN_MS)
      found.push([
        'cloud-away',
        `${this.#cloud.state}, a call was due ${now - this.#cloudDueFailing} ms ago`,
      ]);
    if (this.#paused) found.push(['paused', '']);
    return found;
  }

  /** Notices when a side came or went: the time counts from then. */
  #notice(): void {
    const now = this.#options.monotonic();
    const erp = this.#options.erp();
    if (erp !== this.#erp.state) this.#erp = { state: erp, at: now };
    const cloud = this.#options.cloud();
    if (cloud !== this.#cloud.state) this.#cloud = { state: cloud, at: now };
    const due = this.#running && !this.#paused && cloud !== 'up' && this.#lateBy() > 0;
    this.#cloudDueFailing = cloud === 'up' ? undefined : (this.#cloudDueFailing ?? (due ? now : undefined));
  }

  /** How late the next pull is, at least: it is due one interval after a run that began no later than its last list. */
  #lateBy(): number {
    const last = this.#lastList;
    if (last === undefined || this.#paused || !this.#running) return 0;
    const wall = this.#options.wall() - last.wall;
    const passed = this.#options.monotonic() - last.monotonic;
    // A clock set back makes a run due at once, but nobody can see since when: the time that passed is what is sure.
    return (wall < 0 ? passed : wall) - this.#options.pullEveryMs;
  }

  #now(): { wall: number; monotonic: number } {
    return { wall: this.#options.wall(), monotonic: this.#options.monotonic() };
  }

  #untrue(rule: Rule, light: string, detail: string): void {
    this.untruths.push({ at: this.#options.monotonic(), rule, light, detail });
  }
}

/** The calls to one side in the order they began. What the newest one came to is what is so. */
class Calls {
  #began = 0;
  #ended = 0;
  #newest: { readonly number: number; readonly at: number; readonly what: string } | undefined;
  failed = false;

  /** The newest call, while it has no answer. */
  get open(): { readonly at: number; readonly what: string } | undefined {
    return this.#newest;
  }

  /** Call the result with whether it was answered; undefined for one that its own side gave up. */
  begun(what: string, at: number): (answered: boolean | undefined) => void {
    this.#began += 1;
    const number = this.#began;
    this.#newest = { number, at, what };
    return (answered) => {
      if (this.#newest?.number === number) this.#newest = undefined;
      if (answered === undefined || number < this.#ended) return;
      this.#ended = number;
      this.failed = !answered;
    };
  }

  forget(): void {
    this.#newest = undefined;
    this.#ended = this.#began;
    this.failed = false;
  }
}

/** Ids in a list as it went over the wire, whatever else stands in it. */
const listedIds = (text: string): readonly string[] =>
  [...text.matchAll(/<id>([^<]+)<\/id>|"id":"([^"]+)"/g)].flatMap((match) => match[1] ?? match[2] ?? []);
