/** The two zones a moment is shifted between. */
export interface Zones {
  /** What the `Z` of device times means: `UTC`, or the zone whose wall clock they show. */
  readonly areaZone: string;
  /** Zone of the wall clock in the ERP's columns. */
  readonly erpZone: string;
}
