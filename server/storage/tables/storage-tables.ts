/** Rows of the room `storage` itself. */
export interface OpenNotesTable {
  bundle: number;
  /** JSON: an array of `[name, value]`, the notes of one moment. */
  notes: string;
}
