import type { SecretEntry } from '../../../shared/contract/settings-requests.ts';
import type { SecretStore } from './ports.ts';
import { idsIn } from './raw-settings.ts';

export const erpPassword = (erp: string): string => `erp.${erp}.password`;
export const cloudKey = (link: string): string => `link.${link}.apiKey`;
export const MAIL_PASSWORD = 'alerts.mail.password';
export const WEBHOOK_URL = 'alerts.webhook.url';

/** What a site with these settings can ask for. */
export const askedFor = (settings: unknown): readonly string[] => [
  ...idsIn(settings, 'erps').map(erpPassword),
  ...idsIn(settings, 'links').map(cloudKey),
  MAIL_PASSWORD,
  WEBHOOK_URL,
];

/** Names, dates and sources: what the settings ask for, then what is stored and not asked for. */
export function secretEntries(settings: unknown, secrets: SecretStore): readonly SecretEntry[] {
  const stored = secrets.list().map(({ name }) => name);
  const names = [...askedFor(settings), ...stored].filter((name) => secrets.isKnown(name));
  return [...new Set(names)].map((name) => secretEntry(name, secrets));
}

export function secretEntry(name: string, secrets: SecretStore): SecretEntry {
  const stored = secrets.list().find((one) => one.name === name);
  const value = secrets.get(name);
  const setAt = stored?.setAt;
  if (!value.ok) return { name, setAt, source: 'damaged' };
  if (stored?.overridden === true) return { name, setAt, source: 'environment' };
  if (stored !== undefined) return { name, setAt, source: 'stored' };
  return { name, source: value.value === undefined ? 'none' : 'environment' };
}
