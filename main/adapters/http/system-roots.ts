import tls from 'node:tls';

/**
 * Trusts what the machine trusts beside what the runtime brings along: companies that look into their traffic put their
 * own root there. Once at the start; says how many certificates were added. A machine whose store cannot be read keeps
 * the runtime's own.
 */
export function trustSystemRoots(): number {
  try {
    const known = tls.getCACertificates('default');
    const all = new Set([...known, ...tls.getCACertificates('system')]);
    if (all.size > known.length) tls.setDefaultCACertificates([...all]);
    return all.size - known.length;
  } catch {
    return 0;
  }
}
