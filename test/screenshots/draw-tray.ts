import { basename } from 'node:path';
import type { MenuItem } from '../../main/desktop/shell.ts';
import type { MemoryShell } from '../desktop/memory-shell.ts';

const WIDTH = 78;

/** Icon, tooltip, menu and messages of the tray, as text. */
export function drawTray({ tray, toasts }: MemoryShell): string {
  if (tray === undefined) return 'no tray\n';
  const border = `+${'-'.repeat(WIDTH + 2)}+`;
  const messages = toasts.flatMap(({ title, body }) => ['', `Message: ${title}`, `  ${body}`]);
  return [
    `Icon: ${basename(tray.icon)}`,
    `Tooltip: ${tray.tooltip}`,
    border,
    ...lines(tray.menu, '').map((line) => `| ${line.padEnd(WIDTH)} |`),
    border,
    ...messages,
    '',
  ].join('\n');
}

const lines = (items: readonly MenuItem[], indent: string): readonly string[] =>
  items.flatMap((item) => {
    if (item.kind === 'separator') return [`${indent}${'-'.repeat(20)}`];
    if (item.kind === 'line') return [`${indent}${item.label}`];
    const label = `${indent}${item.enabled ? '> ' : 'x '}${item.label}`;
    return item.kind === 'submenu' ? [label, ...lines(item.items, `${indent}    `)] : [label];
  });
