/** A structured logger: one message, one object of fields. `console`-like loggers, pino and Powertools' fit through a line of glue. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export type LogFields = Readonly<Record<string, unknown>>

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** A logger made of one function a level. */
export function mapLogger(write: (level: keyof Logger) => Logger[keyof Logger]): Logger {
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** A logger that adds the same fields to every line. */
export function withFields(logger: Logger, fields: LogFields): Logger {
  return mapLogger((level) => (message, more) => logger[level](message, { ...fields, ...more }))
}
