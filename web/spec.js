// From what stands in the form to the spec that is sent, and what it will come to.

export const VOICES = [
  ['', 'Automatic'], ['en-us', 'English (US)'], ['en-gb', 'English (UK)'], ['en-gb-scotland', 'English (Scotland)'], ['en-gb-x-rp', 'English (RP)'],
  ['de', 'German'], ['fr-fr', 'French'], ['es', 'Spanish (Spain)'], ['es-419', 'Spanish (Latin America)'], ['it', 'Italian'],
  ['pt-br', 'Portuguese (Brazil)'], ['pt', 'Portuguese (Portugal)'], ['nl', 'Dutch'], ['pl', 'Polish'], ['sv', 'Swedish'], ['da', 'Danish'],
  ['nb', 'Norwegian'], ['fi', 'Finnish'], ['cs', 'Czech'], ['hu', 'Hungarian'], ['ro', 'Romanian'], ['el', 'Greek'], ['tr', 'Turkish'],
  ['ru', 'Russian'], ['uk', 'Ukrainian'], ['ar', 'Arabic'], ['hi', 'Hindi'], ['id', 'Indonesian'], ['vi', 'Vietnamese'], ['cmn', 'Chinese (Mandarin)'],
  ['ja', 'Japanese'], ['ko', 'Korean'],
];

export const LIMITS = { characters: 100_000, scenes: 500, minutes: 60 };

export const EXAMPLE = {
  title: 'Why is the sky blue?',
  script:
    'Sunlight looks white, but it is made of every colour at once. On its way to us it runs into the air. ' +
    'The tiny molecules up there scatter blue light far more strongly than red. ' +
    'So blue reaches your eyes from every direction, while red goes straight on. ' +
    'In the evening the light takes a longer way. Most of the blue is lost along it, and the sky turns red.',
};

const number = (text) => (String(text ?? '').trim() === '' ? undefined : Number(text));
const text = (value) => (value?.trim() ? value : undefined);

function background(form) {
  if (form.background === 'color') return { type: 'color', color: form.bg_color };
  if (form.background === 'image') return { type: 'image', url: form.bg_url.trim() };
  // What is written about a topic is shown with footage anyway, without a complaint where there is none.
  if (form.background === 'footage') return form.mode === 'topic' ? undefined : { type: 'footage' };
  return { type: 'gradient', from: form.bg_from, to: form.bg_to, angle_deg: number(form.bg_angle) };
}

function scene(part) {
  const own = { color: { type: 'color', color: part.color }, image: { type: 'image', url: part.url.trim() } }[part.background];
  return { title: text(part.title), text: text(part.text), duration_s: number(part.duration_s), background: own };
}

/** The body to send, as JSON text. In JSON mode that is what was typed. */
export function toBody(form) {
  return form.mode === 'json' ? form.json : JSON.stringify(toSpec(form));
}

function story(form) {
  if (form.mode === 'scenes') return { scenes: form.scenes.map(scene) };
  if (form.mode !== 'topic') return { script: form.script };
  return { topic: form.topic, duration_s: number(form.duration), language: text(form.language), style: text(form.style) };
}

/** Whether the form says how the video looks and sounds, or leaves that to the channel. */
export const hasLook = (form) => !form.channel || form.own_look === 'on';

function look(form) {
  return {
    voice: { name: text(form.voice), rate_wpm: number(form.rate), pitch: number(form.pitch) },
    background: background(form),
    captions: {
      style: form.captions,
      position: form.position,
      color: form.caption_color,
      highlight_color: form.highlight_color,
      font_scale: number(form.font_scale),
    },
    output: { aspect: form.aspect, resolution: form.resolution, fps: number(form.fps) },
  };
}

export function toSpec(form) {
  return { channel: text(form.channel), title: text(form.title), ...story(form), ...(hasLook(form) ? look(form) : {}) };
}

// Measured with espeak-ng: at one word a minute a letter takes 10 s, the pauses included. A sign
// that stands for a syllable or a word takes longer.
const LETTER_S = 10;
const DENSE = [[/[\u3040-\u30ff\uac00-\ud7af]/g, 2.3], [/[\u3400-\u9fff]/g, 6]];

function speechSeconds(words, rate) {
  const more = DENSE.reduce((sum, [signs, weight]) => sum + (words.match(signs)?.length ?? 0) * (weight - 1), 0);
  return ((words.length + more) * LETTER_S) / rate;
}

/** How long a video about a topic is wished to be, and how many words that takes; null where the channel decides. */
function wish(form) {
  const seconds = number(form.duration);
  if (!form.topic.trim() || !seconds || !hasLook(form)) return null;
  return { words: Math.round((seconds * (number(form.rate) || 175)) / 60), characters: 0, seconds, scenes: 0 };
}

/** Words, characters and rough seconds of a spec, or null where there is nothing to count. */
export function estimate(form) {
  if (form.mode === 'topic') return wish(form);
  let spec;
  try {
    spec = form.mode === 'json' ? JSON.parse(form.json) : toSpec(form);
  } catch {
    return null;
  }
  if (spec === null || typeof spec !== 'object') return null;
  const scenes = Array.isArray(spec.scenes) ? spec.scenes : [{ text: spec.script }];
  const rate = Number(spec.voice?.rate_wpm) || 175;
  const total = { words: 0, characters: 0, seconds: 0, scenes: scenes.length };
  for (const part of scenes) {
    const words = typeof part?.text === 'string' ? part.text.trim().replace(/\s+/g, ' ') : '';
    total.words += words ? words.split(' ').length : 0;
    total.characters += [...words].length;
    total.seconds += Math.max(speechSeconds(words, rate), Number(part?.duration_s) || 0);
  }
  return total;
}
