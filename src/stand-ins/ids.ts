/** Ids that look like UUIDs and come in the same order every time. */
export function createIds(): () => string {
  let last = 0
  return () => `00000000-0000-4000-8000-${(++last).toString(16).padStart(12, '0')}`
}
