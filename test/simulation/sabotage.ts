import type { ErpWriter, WriteUnit } from '../../main/core/packets/erp.ts';
import type { LinkParts } from '../../main/core/packets/link-parts.ts';
import type { PacketCloud } from '../../main/core/packets/packet-cloud.ts';
import type { QueueStore } from '../../main/core/queue/queue-store.ts';
import type { PacketLink } from '../../main/core/packets/packet-link.ts';

/** Bugs a program of this kind typically has. Each must be found by the judge. */
export const BUGS = ['ack-before-durable', 'no-ledger-check', 'other-path-after-unknown'] as const;
export type Bug = (typeof BUGS)[number];

/** What each does to orders: to be found means that this very harm is seen, not that something else stops first. */
export const HARM: Readonly<Record<Bug, 'lost' | 'duplicated'>> = {
  'ack-before-durable': 'lost',
  'no-ledger-check': 'duplicated',
  'other-path-after-unknown': 'duplicated',
};

type Changed = { -readonly [K in 'cloud' | 'erp']: LinkParts[K] };

/**
 * Puts the bug into a link before it runs. The bugs that write under other keys also silence the check for a restored ERP:
 * it would miss its ledger rows and stop the link, and the doubles themselves would never be seen.
 */
export function plantBug(
  bug: Bug,
  link: PacketLink,
  store: { recentLedger: QueueStore['recentLedger'] },
  newKey: () => string,
): void {
  if (bug !== 'ack-before-durable') store.recentLedger = () => [];
  const parts = link.parts as Changed;
  switch (bug) {
    case 'ack-before-durable':
      parts.cloud = acknowledgingEarly(link.parts.cloud);
      return;
    case 'no-ledger-check':
      parts.erp = { ...pick(parts), writer: writingUnder(parts.erp.writer, () => newKey(), true) };
      return;
    case 'other-path-after-unknown': {
      const unsure = new Set<string>();
      const writer = parts.erp.writer;
      const other = writingUnder(writer, () => newKey(), false);
      parts.erp = {
        ...pick(parts),
        writer: {
          ...bound(writer),
          look: (source, packetId, rows, signal) =>
            unsure.has(packetId)
              ? Promise.resolve({ ok: true, value: { packet: undefined, documents: [] } })
              : writer.look(source, packetId, rows, signal),
          apply: async (unit, signal) => {
            const outcome = await (unsure.has(unit.packetId) ? other : writer).apply(unit, signal);
            if (!outcome.ok && outcome.failure.kind === 'unknown-outcome') unsure.add(unit.packetId);
            return outcome;
          },
        },
      };
      return;
    }
  }
}

const pick = ({ erp }: Changed): LinkParts['erp'] => ({
  reader: erp.reader,
  writer: erp.writer,
  ready: (signal) => erp.ready(signal),
  beat: (signal) => erp.beat(signal),
  catalogue: (question, signal) => erp.catalogue(question, signal),
  missing: (packets, signal) => erp.missing(packets, signal),
  rebind: (signal) => erp.rebind(signal),
  release: (signal) => erp.release(signal),
});

const bound = (writer: ErpWriter): ErpWriter => ({
  apply: (unit, signal) => writer.apply(unit, signal),
  look: (source, packetId, rows, signal) => writer.look(source, packetId, rows, signal),
  verdicts: (source, handovers, signal) => writer.verdicts(source, handovers, signal),
  notify: (source, notices, signal) => writer.notify(source, notices, signal),
  documentKnown: (source, document, number, signal) => writer.documentKnown(source, document, number, signal),
  voidPacket: (source, packetId, revision, hash, signal) =>
    writer.voidPacket(source, packetId, revision, hash, signal),
});

/** The same writes under keys nobody has used: what the ledger was made to prevent. */
function writingUnder(writer: ErpWriter, newKey: () => string, blind: boolean): ErpWriter {
  const disguise = (unit: WriteUnit): WriteUnit => {
    const key = newKey();
    return {
      ...unit,
      packetId: `${unit.packetId}/${key}`,
      documents: unit.documents.map((document) => ({ ...document, rowId: `${document.rowId}/${key}` })),
    };
  };
  return {
    ...bound(writer),
    apply: (unit, signal) => writer.apply(disguise(unit), signal),
    look: (source, packetId, rows, signal) =>
      blind
        ? Promise.resolve({ ok: true, value: { packet: undefined, documents: [] } })
        : writer.look(source, packetId, rows, signal),
  };
}

/** Reports a list done as soon as it is read, like a program that trusts itself to go on. */
function acknowledgingEarly(cloud: PacketCloud): PacketCloud {
  return {
    capabilities: cloud.capabilities,
    list: async (queue, signal) => {
      const listing = await cloud.list(queue, signal);
      if (listing.ok && listing.value.entries.length > 0)
        await cloud.reportDone({ queue, format: listing.value.format, raw: listing.value.raw }, signal);
      return listing;
    },
    download: (entry, signal) => cloud.download(entry, signal),
    reportDone: (report, signal) => cloud.reportDone(report, signal),
    requestUpload: (request, signal) => cloud.requestUpload(request, signal),
    upload: (ticket, body, signal) => cloud.upload(ticket, body, signal),
  };
}
