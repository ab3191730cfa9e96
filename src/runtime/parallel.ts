/**
 * Does something for each item, a few at a time. After a failure nothing new is begun; when what is under way has ended it rejects with
 * the first one.
 */
export async function eachInParallel<T>(
  items: readonly T[],
  atOnce: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  const rest = items.values()
  async function work(): Promise<void> {
    for (const item of rest) {
      try {
        await act(item)
      } catch (error) {
        failures.push(error)
      }
      if (failures.length > 0) return
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
  if (failures.length > 0) throw failures[0]
}
