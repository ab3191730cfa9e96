/** Source text without its comments; what looks like one after a colon is a URL. */
export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/(?<!:)\/\/.*/g, '')
}
