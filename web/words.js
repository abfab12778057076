// What people read: names for states and stages, and numbers as one says them.

export const STATUS = {
  queued: 'Waiting',
  processing: 'In progress',
  completed: 'Ready',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const STAGE = {
  queued: 'in line for a worker',
  planning: 'planning the video',
  speaking: 'speaking the narration',
  rendering: 'drawing the pictures',
  stitching: 'joining picture and sound',
  uploading: 'saving the video',
  done: 'finishing',
};

export const isActive = (task) => task.status === 'queued' || task.status === 'processing';

export function stageWords(task) {
  if (task.status === 'queued') return task.attempts > 0 ? 'will be tried again' : STAGE.queued;
  if (task.status !== 'processing') return '';
  const stage = STAGE[task.stage] ?? task.stage;
  return task.attempts > 1 ? `${stage}, attempt ${task.attempts}` : stage;
}

/** 1:02:03 or 4:05, as players write it. */
export function clock(milliseconds) {
  const total = Math.max(0, Math.round(milliseconds / 1000));
  const parts = [Math.floor(total / 60) % 60, total % 60];
  if (total >= 3600) parts.unshift(Math.floor(total / 3600));
  return parts.map((part, index) => (index ? String(part).padStart(2, '0') : part)).join(':');
}

/** A length of time in words: 0.8 s, 42 s, 3 min 5 s, 1 h 4 min. */
export function span(milliseconds) {
  const seconds = Math.max(0, milliseconds / 1000);
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return join(Math.floor(whole / 60), 'min', whole % 60, 's');
  return join(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
}

/** A length of time in whole seconds. */
export const wholeSpan = (milliseconds) => span(Math.round(Math.max(0, milliseconds) / 1000) * 1000).replace('.0 s', ' s');

const join = (big, bigUnit, small, smallUnit) => `${big} ${bigUnit}${small ? ` ${small} ${smallUnit}` : ''}`;

export const count = (number) => number.toLocaleString('en');

export function bytes(size) {
  if (size < 1000) return `${size} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = size;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.5 && unit < units.length - 1);
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export function ago(iso, now) {
  const seconds = (Date.parse(iso) - now) / 1000;
  if (Number.isNaN(seconds)) return '';
  if (seconds > -45) return 'just now';
  for (const [unit, length, limit] of [['minute', 60, 3600], ['hour', 3600, 86400], ['day', 86400, Infinity]]) {
    if (-seconds < limit - length / 2) return relative.format(Math.min(-1, Math.round(seconds / length)), unit);
  }
  return '';
}

/** What a finished video is: length, size, and how quickly it was made. */
export function facts(result) {
  const list = [`${result.width}×${result.height}`, `${result.fps} fps`, bytes(result.size_bytes), `made in ${span(result.wall_ms)}`];
  const speed = result.duration_ms / result.wall_ms;
  if (speed >= 2 && Number.isFinite(speed)) list.push(`${Math.round(speed)}× real time`);
  return list;
}

/** A message of the service as a sentence of its own. */
export function sentence(message) {
  const words = message.trim().replace(/`/g, '');
  const start = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}

/** `/scenes/3/text` as a person counts: scene 4, text. */
export function place(pointer) {
  const parts = pointer.split('/').slice(1).map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'));
  if (parts[0] === 'scenes' && /^\d+$/.test(parts[1] ?? '')) parts.splice(0, 2, `scene ${Number(parts[1]) + 1}`);
  return parts.map((part) => part.replace(/_/g, ' ')).join(', ');
}
