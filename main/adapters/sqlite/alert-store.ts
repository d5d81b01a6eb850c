import type { AlertStore } from '../../core/alerts/alert-store.ts';
import { StoreError } from '../../core/queue/store-error.ts';
import type { WriteContext } from './store-context.ts';
import {
  decodeAlert,
  decodeDelivery,
  deleteAlertsEndedBefore,
  deleteDeliveriesSettledBefore,
  nextId,
  readAlertsSince,
  readChannels,
  readNewestAlerts,
  readWaitingDeliveries,
  upsertAlert,
  upsertChannel,
  upsertDelivery,
} from './statements/alerts.ts';

export function alertStore(context: WriteContext): AlertStore {
  const { db, read, write, onDamaged } = context;
  /** A damaged row is told of and left out: it must not keep the others from being heard. */
  const readable = <T>(rows: readonly unknown[], decode: (row: unknown) => T): readonly T[] =>
    rows.flatMap((row) => {
      try {
        return [decode(row)];
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        onDamaged(error);
        return [];
      }
    });
  return {
    loadAlerts: (since) =>
      read(() => ({
        nextAlert: nextId(db, 'alert'),
        nextDelivery: nextId(db, 'alert_delivery'),
        alerts: readable(readAlertsSince(db, since), decodeAlert),
        deliveries: readable(readWaitingDeliveries(db), decodeDelivery),
        channels: readChannels(db),
      })),
    saveAlerts: ({ alerts, deliveries, channels }) => {
      if (alerts.length + deliveries.length + channels.length === 0) return;
      write(() => {
        // Ends first: one cause has one active row.
        for (const alert of alerts) if (alert.endedAt !== undefined) upsertAlert(db, alert);
        for (const alert of alerts) if (alert.endedAt === undefined) upsertAlert(db, alert);
        for (const delivery of deliveries) upsertDelivery(db, delivery);
        for (const channel of channels) upsertChannel(db, channel);
      });
    },
    listAlerts: ({ ended, limit }) => read(() => readable(readNewestAlerts(db, ended, limit), decodeAlert)),
    forgetAlerts: (before) => {
      write(() => {
        deleteAlertsEndedBefore(db, before);
        deleteDeliveriesSettledBefore(db, before);
      });
    },
  };
}
