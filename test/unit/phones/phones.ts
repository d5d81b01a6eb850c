import { createDynamicsMobile } from '../../../main/sandbox/clouds/dynamics-mobile/cloud.ts';
import type { DynamicsMobile } from '../../../main/sandbox/clouds/dynamics-mobile/cloud.ts';
import { inProcessCloud } from '../../../main/sandbox/phones/cloud-control.ts';
import type {
  CloudControl,
  OutgoingFile,
  OutgoingPacket,
} from '../../../main/sandbox/phones/cloud-control.ts';
import { createPhone } from '../../../main/sandbox/phones/phone.ts';
import type { Phone } from '../../../main/sandbox/phones/phone.ts';
import { companyRows } from '../../../main/sandbox/sample-erp/company.ts';
import type { CompanyOptions } from '../../../main/sandbox/sample-erp/company.ts';
import { seededGuid, seededRandom } from '../../../main/sandbox/sample-erp/seeded-random.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { AREA, KEY, pushSnapshot, snapshotXml } from './snapshots.ts';

export const COMPANY: CompanyOptions = { seed: 3, scale: 'small' };
/** Midnight in Sofia, winter time. */
export const MIDNIGHT = Date.parse('2026-03-15T22:00:00Z');

export interface Staff {
  cloud: DynamicsMobile;
  control: CloudControl;
  phones: Phone[];
  /** Everything the phones delivered, in order. */
  packets: OutgoingPacket[];
  /** The same for photos. */
  files: OutgoingFile[];
}

/** A cloud with every user's snapshot waiting, and a phone for each. */
export async function staff(seed: number): Promise<Staff> {
  const names = (companyRows(COMPANY).find(({ table }) => table === 'dbo.MobileUsers')?.rows ?? []).map(
    (row) => row[0] ?? '',
  );
  const ids = seededRandom(`${seed}/cloud`);
  const cloud = createDynamicsMobile({
    clock: { now: () => MIDNIGHT },
    random: seededRandom(seed),
    newId: () => seededGuid(ids),
    areas: [{ code: AREA, keys: [KEY], users: names }],
  });
  const control = inProcessCloud(cloud.control, AREA);
  for (const name of names) await pushSnapshot(cloud, name, snapshotXml(COMPANY, name));
  const packets: OutgoingPacket[] = [];
  const files: OutgoingFile[] = [];
  const phones = names.map((user) =>
    createPhone({
      user,
      company: SAMPLE.company,
      random: seededRandom(`${seed}/${user}`),
      now: () => MIDNIGHT,
      deliver: (packet) => {
        packets.push(packet);
        return control.deliver(packet);
      },
      deliverFile: (file) => {
        files.push(file);
        return control.deliverFile(file);
      },
    }),
  );
  return { cloud, control, phones, packets, files };
}
