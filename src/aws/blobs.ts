/** Where large payloads may lie instead of in the table. All methods may be called twice for the same thing; what they throw fails the turn, which comes again. */
export interface BlobStore {
  put(key: string, bytes: Uint8Array): Promise<void>
  /** @returns undefined when there is none. */
  get(key: string): Promise<Uint8Array | undefined>
  remove(keys: readonly string[]): Promise<void>
}
