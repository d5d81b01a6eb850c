/** What invented names are made of: four scripts, and the characters that break careless programs. */

export const OWNERS: readonly string[] = [
  'Marlow',
  'Quillfeather',
  "O'Hanrahan",
  'Ängström',
  'Łukaszewicz',
  'Žižka',
  'Íñiguez',
  'Παπαδάκης',
  'Ευαγγελία',
  'Θεοχάρης',
  'Иванова',
  'Стоянов',
  'Щербаков',
  'Ђорђевић',
  'الحداد',
  'مريم',
  'Sønderby & Søn',
  'D"Arcy',
  'Nakamura]',
  '[Brackets]',
  'Smörgås 🥪',
  'Ünal',
];

export const SHOPS: readonly string[] = [
  'Grocery',
  'Corner Shop',
  'Mini Market',
  'Μίνι Μάρκετ',
  'Παντοπωλείο',
  'Магазин',
  'Хранителни стоки',
  'بقالة',
  'Café',
  'Bäckerei',
  'Deli & Wine',
  '24/7 Kiosk',
  "Baker's Yard",
  'Food <Market>',
];

export const STREETS: readonly string[] = [
  'Harbour Road',
  'Mill Lane',
  'Οδός Ερμού',
  'Λεωφόρος Νίκης',
  'ул. Раковски',
  'бул. Витоша',
  'شارع النخيل',
  'Rue de l’Église',
  'Weststraße',
  'Market Sq. "East"',
];

export const CITIES: readonly (readonly [city: string, country: string])[] = [
  ['Sofia', 'Bulgaria'],
  ['Пловдив', 'България'],
  ['Varna', 'Bulgaria'],
  ['Θεσσαλονίκη', 'Ελλάδα'],
  ['Αθήνα', 'Ελλάδα'],
  ['București', 'România'],
  ['Niš', 'Srbija'],
  ['بيروت', 'لبنان'],
];

export const GOODS: readonly string[] = [
  'Olive Oil',
  'Feta Cheese',
  'Ελαιόλαδο Παρθένο',
  'Φέτα ΠΟΠ',
  'Мляко прясно',
  'Хляб ръжен',
  'Лютеница',
  'زيت الزيتون',
  'تمر',
  'Rosé Wine',
  'Crème fraîche',
  'Salt & Pepper Mix',
  'Nut "Deluxe" Bar',
  'Jam <Plum>',
  'Soap [Lavender]',
  'Ice Cream 🍦',
  "Farmer's Butter",
  'Ground Coffee',
  'Sunflower Seeds',
  'Apple Juice 100%',
];

export const PACKS: readonly string[] = [
  '250 g',
  '500 g',
  '1 l',
  '0,75 l',
  '5 kg',
  '6×33 cl',
  '100 pcs',
  '½ l',
];

/** User names as they occur: signs, blanks and letters that have to be encoded in addresses. */
export const USERS: readonly (readonly [name: string, full: string])[] = [
  ['anna', 'Anna Marlow'],
  ['boris.k', 'Борис Колев'],
  ['chrysa-2', 'Χρύσα Παππά'],
  ['dimo@van4', "Dimo O'Neill"],
  ['Élodie', 'Élodie Brontë'],
  ['Иван', 'Иван Стоянов'],
  ['fadi h', 'فادي حداد'],
  ['greta&co', 'Greta & Co'],
];
