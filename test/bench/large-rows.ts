/** Fields of the rows a large packet is made of, as a mapping and a packet name them. */
export const LARGE_FIELDS = [
  'No',
  'Name',
  'Address',
  'City',
  'Phone',
  'UnitPrice',
  'Inventory',
  'Barcode',
] as const;

const CITIES = ['София', 'Пловдив', 'Varna', 'Cluj-Napoca', 'Αθήνα', 'München'];

/** Row `index` of a table as large as wanted: texts of ordinary length, some of them not ASCII, some to be escaped. */
export function largeRow(index: number): readonly string[] {
  const no = String(index).padStart(8, '0');
  return [
    `I${no}`,
    `Product ${index} with a name of ordinary length & more`,
    `${index % 300} Industrial Road, building <${index % 17}>, warehouse ${index % 41}`,
    CITIES[index % CITIES.length] ?? '',
    `+359 2 ${no}`,
    `${index % 9_999}.${String(index % 10_000).padStart(4, '0')}`,
    `${index % 777}.125`,
    `38000${no}`,
  ];
}

/** Bytes of one row in a packet, nearly: what decides how many rows make so many bytes. */
export const ROW_BYTES = 334;

export const rowsFor = (bytes: number): number => Math.round(bytes / ROW_BYTES);
