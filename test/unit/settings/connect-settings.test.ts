import { describe, expect, it } from 'vitest';
import { settingsSchema } from '../../../shared/model/settings.ts';

const check = (erp: object): readonly string[] => {
  const checked = settingsSchema.safeParse({
    schemaVersion: 1,
    site: { name: 'Acme', timeZone: 'UTC' },
    erps: [{ id: 'main', server: 'SQL01', database: 'ERP', user: 'ferry', timeZone: 'UTC', ...erp }],
    links: [],
  });
  return (checked.error?.issues ?? []).map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`);
};
const sha256 = 'ab'.repeat(32);

describe('the connection to an ERP in the settings', () => {
  it.each([
    {},
    { server: 'SQL01\\SALES' },
    { server: '.\\SQLEXPRESS' },
    { server: 'SQL01\\SALES', port: 1435 },
    { server: 'fe80::1', port: 1433 },
    { auth: 'ntlm', domain: 'ACME' },
    { certificate: { sha256 } },
    { certificate: { sha256: sha256.match(/../g)!.join(':').toUpperCase() } },
    { legacyTls: true },
  ])('takes %j', (erp) => {
    expect(check(erp)).toEqual([]);
  });

  it('refuses a Windows login without a password, with the reason and what to use instead', () => {
    const [problem = ''] = check({ auth: 'windows' });
    expect(problem).toMatch(/^auth: .*driver cannot.*"ntlm".*SQL login/);
  });

  it.each([
    [{ server: 'SQL01,1433' }, /^server: .*port has a field/],
    [{ server: 'tcp:SQL01' }, /^server: /],
    [{ server: 'SQL01\\' }, /^server: /],
    [{ server: 'SQL01\\A\\B' }, /^server: /],
    [{ auth: 'ntlm' }, /^domain: /],
    [{ domain: 'ACME' }, /^domain: .*"ntlm"/],
    [{ user: 'ACME\\ferry' }, /^user: .*"ntlm"/],
    [{ certificate: { sha256: 'AB:CD' } }, /^certificate\.sha256: .*64/],
    [{ certificate: { sha256 }, encrypt: false }, /^certificate: /],
    [{ certificate: { sha256 }, trustServerCertificate: true }, /^trustServerCertificate: /],
  ])('refuses %j at its place', (erp, problem) => {
    expect(check(erp)).toEqual([expect.stringMatching(problem)]);
  });
});
