/** Where in a list to read on, and how far. */
export interface CursorPageParams {
  /**
   * Where the page before ended, as the id of its last item; this one begins with the item behind it.
   * Colloquy answers an unknown id with 404 and param `after`.
   */
  after?: string | undefined;
  /** Items per page, 1 or more; Colloquy takes more than 100 as 100. Default: 20. */
  limit?: number | undefined;
}

/** One page of a list. */
export interface CursorPageResponse<Item> {
  /** Tells a list from a single object. */
  object: 'list';
  /** The items, in the order that was asked for. */
  data: Item[];
  /** The id of the first item; null on an empty page. */
  first_id: string | null;
  /** The id of the last item, the next page's `after`; null on an empty page. */
  last_id: string | null;
  /** Whether another page follows; some servers leave it out at the end. */
  has_more: boolean;
}
