import type {
  ActivityMade,
  CustomerMade,
  OrderMade,
  PaymentMade,
  StockCountMade,
  TransferMade,
} from '../phones/journal.ts';
import {
  ACTIVITY_COLUMNS,
  COUNT_COLUMNS,
  COUNT_LINE_COLUMNS,
  CUSTOMER_COLUMNS,
  GOODS_COLUMNS,
  TRANSFER_COLUMNS,
} from './document.ts';
import type { Document } from './document.ts';
import { fieldsOf, headOf, part } from './expected-fields.ts';
import { wallClock, wallDay } from './values.ts';

/** The sample ERP's words for what a phone says was done. A code that is not here is written nowhere. */
const ACTIONS: Readonly<Record<string, string>> = {
  '0': 'order',
  '1': 'invoice',
  '5': 'skip',
  '7': 'payment',
  '9': 'return',
  '12': 'load',
  '13': 'unload',
  '166': 'route start',
  '301': 'task',
  '303': 'customer location',
  '1000': 'top up',
  '1003': 'stock count',
};
/** Sales documents say what they are in another way. */
const OF_SALES: Readonly<Record<string, string>> = { '0': '0', '1': '1', '2': '9', '8': '0' };

type WithActivity = ActivityMade | OrderMade | PaymentMade | CustomerMade | TransferMade | StockCountMade;

/** The activity a phone notes with what it made; none for a code nobody knows. */
export function activitiesOf(made: WithActivity, user: string, zone: string): Document[] {
  const { action, rowId, ...more } = activityOf(made);
  const meaning = ACTIONS[action];
  if (meaning === undefined) return [];
  const number = more.number ?? '';
  return [
    {
      ...headOf('activity', rowId, number, user),
      fields: fieldsOf(ACTIVITY_COLUMNS, {
        user,
        action,
        meaning,
        customerNo: more.customerNo,
        number: more.number,
        doneAt: wallClock(made.at, zone),
        amount: more.amount,
        latitude: more.latitude,
        longitude: more.longitude,
        note: more.note,
      }),
      parts: [],
    },
  ];
}

interface Activity {
  action: string;
  rowId: string;
  customerNo?: string | undefined;
  number?: string | undefined;
  amount?: string | undefined;
  latitude?: string | undefined;
  longitude?: string | undefined;
  note?: string | undefined;
}

function activityOf(made: WithActivity): Activity {
  switch (made.kind) {
    case 'activity':
      return made;
    case 'order': {
      const { activityRowId: rowId, customerNo, number, totalAmount: amount } = made;
      return { action: OF_SALES[made.documentType] ?? '', rowId, customerNo, number, amount };
    }
    case 'payment': {
      const { activityRowId: rowId, customerNo, number, paidAmount: amount } = made;
      return { action: '7', rowId, customerNo, number, amount };
    }
    case 'customer': {
      const { activityRowId: rowId, number: customerNo, latitude, longitude } = made;
      return { action: '303', rowId, customerNo, latitude, longitude };
    }
    case 'transfer':
      return { action: made.action, rowId: made.activityRowId, number: made.number };
    case 'stock count':
      return { action: '1003', rowId: made.activityRowId };
    default:
      return made satisfies never;
  }
}

/** A document of the road as the ERP ought to hold it. */
export function fieldDocument(
  made: CustomerMade | TransferMade | StockCountMade,
  user: string,
  zone: string,
): Document {
  switch (made.kind) {
    case 'customer':
      return {
        ...headOf(made.kind, made.rowId, made.number, user),
        fields: fieldsOf(CUSTOMER_COLUMNS, {
          user,
          number: made.number,
          isNew: made.series === undefined ? '0' : '1',
          name: made.name,
          address: made.address,
          city: made.city,
          contact: made.contact,
          phone: made.phone,
          latitude: made.latitude,
          longitude: made.longitude,
          shipToCode: made.shipToCode,
        }),
        parts: [],
      };
    case 'transfer':
      return {
        ...headOf(made.kind, made.rowId, made.number, user),
        fields: fieldsOf(TRANSFER_COLUMNS, { ...made, user, postingDate: wallDay(made.at, zone) }),
        parts: made.lines.map((line) =>
          part('transfer line', line.rowId, `${made.number} line ${line.lineNo}`, GOODS_COLUMNS, {
            ...line,
            lineNo: String(line.lineNo),
          }),
        ),
      };
    case 'stock count':
      return {
        ...headOf(made.kind, made.rowId, made.location, user),
        fields: fieldsOf(COUNT_COLUMNS, {
          user,
          number: made.location,
          countedAt: wallClock(made.at, zone),
        }),
        parts: made.lines.map((line) =>
          part('count line', line.rowId, `${made.location} line ${line.lineNo}`, COUNT_LINE_COLUMNS, {
            ...line,
            lineNo: String(line.lineNo),
          }),
        ),
      };
    default:
      return made satisfies never;
  }
}
