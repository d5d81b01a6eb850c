/** Texts people really type, and texts that take careless programs apart. All of them are legal in XML 1.0. */
export const HOSTILE_TEXTS: readonly string[] = [
  "'; DROP TABLE dbo.SalesOrders; --",
  "N'quoted' and O''Doubled",
  ']]> & <b>bold</b> &amp; &#38; <![CDATA[x]]>',
  '[dbo].[Sales Order Line]] @p1 ? %s ${x} {{y}}',
  '  two blanks before and after  ',
  'line one\r\nline two\n\ttabbed',
  'Καλημέρα, μισό κιλό φέτα· ναι;',
  'Утре рано, моля: «без лук» № 5',
  'من فضلك التوصيل غداً ‏(باكراً)',
  'Ça coûte 5 €, naïve café e\u0301 vs é',
  '🚚📦 two vans 👩🏽‍🌾',
  'İstanbul ıI iİ ßẞ',
  '__proto__ constructor toString',
  '100%_[a-z]\\ back\\slash "double" `tick`',
  '0001e5',
  'null',
];
