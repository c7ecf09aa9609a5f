/** Figures and instants in words; one place, so that every page writes them the same way. */

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** 1536 → "1.5 KiB". */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return '–';
  }

  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), units.length - 1);
  const scaled = value / 1024 ** power;
  return `${scaled >= 100 || power === 0 ? Math.round(scaled) : scaled.toFixed(1)} ${units[power]}`;
}

export const mebibytes = (value: number | null | undefined) => bytes(value === null || value === undefined ? value : value * 1024 * 1024);

export const rate = (bytesPerSecond: number | null | undefined) => (bytesPerSecond === null || bytesPerSecond === undefined ? '–' : `${bytes(bytesPerSecond)}/s`);

export const percent = (value: number | null | undefined) => (value === null || value === undefined ? '–' : `${value.toFixed(value < 10 ? 1 : 0)} %`);

/** 3725 → "1 h 2 min". */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) {
    return '–';
  }

  if (seconds < 1) {
    return `${Math.round(seconds * 1000)} ms`;
  }

  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${seconds < 10 ? seconds.toFixed(1) : whole} s`;
  }

  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  }

  return whole < 86_400 ? `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min` : `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** An instant in the reader's own time zone, to the second. */
export const instant = (value: string | null | undefined) =>
  value ? new Date(value).toLocaleString(undefined, { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }) : '–';

/** "12 s ago", "5 min ago". */
export function ago(value: string | null | undefined, now = Date.now()): string {
  if (!value) {
    return '–';
  }

  const seconds = Math.round((now - Date.parse(value)) / 1000);
  return seconds < 2 ? 'just now' : `${seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min` : duration(seconds)} ago`;
}

/** "MigrateVm" → "Migrate VM". */
export const words = (name: string) => name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/\bVm\b/g, 'VM').replace(/_/g, ' ');

/** True → "yes"; undefined if it is not known. */
export const yesNo = (value: boolean | null | undefined) => (value === true ? 'yes' : value === false ? 'no' : undefined);
