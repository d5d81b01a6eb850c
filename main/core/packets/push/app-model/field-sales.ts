import type { z } from 'zod';
import type { appModelSchema } from './app-model.ts';

const text = (size?: number): { type: 'text'; size?: number } => ({
  type: 'text',
  ...(size === undefined ? {} : { size }),
});
const needed = (size?: number): ReturnType<typeof text> & { required: true } => ({
  ...text(size),
  required: true,
});

/** The sales app as far as its vendor documents it. Written into the data folder, where it can be completed. */
export const FIELD_SALES: z.input<typeof appModelSchema> = {
  modelVersion: 1,
  app: 'Field Sales',
  note: 'The documented part of the app. Add what your app needs besides; what is not named here is let through.',
  tables: {
    DeviceSetup: {
      required: true,
      note: 'The app never starts without it. Its fields are those of your app: take them from a sample in the portal.',
      fields: {},
    },
    CompanyInfo: {
      required: true,
      maxRows: 1,
      fields: {
        Code: needed(20),
        Name: needed(100),
        Address: text(100),
        PhoneNo: text(100),
        Fax: text(100),
        Country: text(100),
        City: text(100),
        CountryRegionId: text(30),
        County: text(30),
        PrimaryFax: text(30),
        PrimaryPhone: text(30),
        VATNum: text(30),
      },
    },
    Customer: {
      required: true,
      fields: {
        No: needed(),
        Name: needed(100),
        SearchName: text(200),
        Address: text(200),
        City: text(30),
        Country: text(30),
        Email: text(70),
        HomePage: text(200),
      },
    },
    Currency: { fields: { CurrencyCode: text(), Txt: text() } },
    PaymentMethod: { fields: { Code: text(), Description: text(), PaymentType: { type: 'int' } } },
    SkipReason: { fields: { Code: text(), Description: text() } },
    UOMConversion: { fields: { ItemNo: text(), Code: text(), Factor: { type: 'decimal' } } },
    Item: {
      fields: {
        No: text(),
        Description: text(),
        SearchDescription: text(),
        UnitPrice: { type: 'decimal' },
        Inventory: { type: 'decimal' },
        PriceIncludesVAT: { type: 'bool' },
      },
    },
  },
};
