// A small picture of what the video will look like.

const frame = document.getElementById('preview');
const caption = document.getElementById('preview-caption');
const heading = document.getElementById('preview-title');
const calm = matchMedia('(prefers-reduced-motion: reduce)');

const SAMPLE = 'Each word lights up as it is spoken';
const WORDS_SHOWN = 8;

let shown = null;
let spoken = 0;
let timer = null;

function firstWords(form) {
  const source = form.mode === 'scenes' ? form.scenes.map((part) => part.text).find((part) => part.trim()) : form.mode === 'script' ? form.script : '';
  const sentence = (source ?? '').trim().split(/(?<=[.!?。！？])\s/)[0] || SAMPLE;
  return sentence.split(/\s+/).slice(0, WORDS_SHOWN);
}

function backgroundOf(form) {
  if (form.background === 'color') return form.bg_color;
  if (form.background === 'gradient') return `linear-gradient(${Number(form.bg_angle) || 0}deg, ${form.bg_from}, ${form.bg_to})`;
  if (form.background === 'footage') return 'linear-gradient(160deg, #2f4858 0%, #6b8f8a 52%, #d9b38c 100%)';
  return /^https:\/\/[^\s"\\]+$/.test(form.bg_url) ? `center / cover no-repeat url("${form.bg_url}"), #10182b` : '#10182b';
}

function light() {
  [...caption.children].forEach((word, index) => word.classList.toggle('spoken', index === spoken));
}

function step() {
  if (document.hidden || !caption.children.length) return;
  spoken = (spoken + 1) % caption.children.length;
  light();
}

export function drawPreview(form) {
  frame.dataset.aspect = form.aspect;
  frame.dataset.position = form.position;
  frame.dataset.captions = form.captions;
  frame.style.background = backgroundOf(form);
  frame.style.setProperty('--caption', form.caption_color);
  frame.style.setProperty('--spoken', form.highlight_color);
  frame.style.setProperty('--scale', String(Math.min(2, Math.max(0.5, Number(form.font_scale) || 1))));
  heading.textContent = form.mode === 'json' ? '' : form.title;

  const words = firstWords(form);
  if (words.join(' ') !== shown) {
    shown = words.join(' ');
    caption.replaceChildren(...words.map((word) => Object.assign(document.createElement('span'), { textContent: word })));
    spoken = Math.min(1, words.length - 1);
  }
  light();
  clearInterval(timer);
  if (form.captions === 'highlight' && !calm.matches) timer = setInterval(step, 60_000 / (Number(form.rate) || 175));
}
