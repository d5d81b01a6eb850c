import { loadSite } from '../../adapters/config/load-site.ts';
import type { Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';

/** Checks what is on disk; applies nothing, needs no agent. */
export function checkConfig({ out, dataDir }: Context): number {
  const loaded = loadSite(dataDir);
  const problems = loaded.ok ? [] : loaded.failure;
  out.document({ problems });
  if (loaded.ok) {
    const { settings, mappings } = loaded.value;
    out.line(
      `Fine: site "${settings.site.name}", ${[
        counted(settings.erps.length, 'ERP'),
        counted(settings.links.length, 'link'),
        counted(mappings.size, 'mapping'),
      ].join(', ')}.`,
    );
    return EXIT.fine;
  }
  for (const { file, path, reason, hint } of problems) {
    out.line(`${file}${path === '' ? '' : ` ${path}`}: ${reason}`);
    if (hint !== undefined) out.line(`  ${hint}`);
  }
  return EXIT.usage;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
