// How large things may be, and how many go into one request. The simulator sets them so low that small worlds meet them.

export const sizes = {
  /** Bytes of JSON up to which an item with its keys still costs one unit to write. */
  plainBytes: 768,
  /** Bytes up to which compressing is done faster than handed to another thread. */
  syncBytes: 64 * 1024,
  /** Bytes of one part, well below the 400 KB of an item. */
  partBytes: 350 * 1024,
  /** Bytes of one body of a row; it has three. */
  rowBodyBytes: 100 * 1024,
  /** What one request may put or delete. */
  writesAtOnce: 25,
  /** Of 350 KB each, they fit the 16 MB of one answer. */
  readsAtOnce: 40,
}
