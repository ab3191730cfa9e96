// How far a campaign is, on standard error, where nobody takes it for a result.

import type { Tally } from './campaign.ts'

const everyMs = 2_000

export function progressLine(seeds: number): (done: Tally, realMs: number) => void {
  let shownAt = 0
  return (done, realMs) => {
    if (realMs - shownAt < everyMs && done.seeds < seeds) return
    shownAt = realMs
    const rate = done.seeds / (realMs / 1000)
    const left = (seeds - done.seeds) / rate
    const failed = done.failures.length > 0 ? `, ${done.failures.length} FAILED` : ''
    process.stderr.write(
      `${done.seeds} of ${seeds} worlds${failed}, ${rate.toFixed(0)} a second, ${duration(left)} left\n`,
    )
  }
}

export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)]
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`
}
