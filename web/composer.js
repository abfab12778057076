// The form: what stands in it, its draft, and the errors shown beside its fields.

import { Problem, store, submitVideo } from './api.js';
import { drawPreview } from './preview.js';
import { readScenes, sceneField, startScenes, writeScenes } from './scenes.js';
import { estimate, EXAMPLE, hasLook, LIMITS, toBody, toSpec, VOICES } from './spec.js';
import { followChannel, loadChannels, offered, setWriter, showChannel, startTopic } from './topic.js';
import { count, place, sentence, wholeSpan } from './words.js';

const DRAFT = 'rushes.draft';
const form = document.getElementById('composer');
const submit = document.getElementById('submit');
const submitLabel = document.getElementById('submit-label');
const problemBox = document.getElementById('problem');
const estimateLine = document.getElementById('estimate');
const fields = () => [...form.elements].filter((field) => field.name);

function read() {
  const values = {};
  for (const field of fields()) {
    if (field.type === 'checkbox') values[field.name] = field.checked ? 'on' : '';
    else if (field.type !== 'radio' || field.checked) values[field.name] = field.value;
  }
  return { ...values, scenes: readScenes() };
}

function write(values) {
  for (const field of fields()) {
    const value = values[field.name];
    if (typeof value !== 'string') continue;
    if (field.type === 'radio') field.checked = field.value === value;
    else if (field.type === 'checkbox') field.checked = value === 'on';
    else if (field.tagName !== 'SELECT' || [...field.options].some((option) => option.value === value)) field.value = value;
  }
  writeScenes(values.scenes);
}

function show() {
  showChannel(read());
  const values = read();
  for (const panel of form.querySelectorAll('[data-mode]')) panel.hidden = panel.dataset.mode !== values.mode;
  for (const part of form.querySelectorAll('[data-hide-in]')) part.hidden = part.dataset.hideIn === values.mode;
  for (const part of form.querySelectorAll('[data-background]')) part.hidden = part.dataset.background !== values.background;
  document.getElementById('look').hidden = values.mode === 'json' || !hasLook(values);
  document.getElementById('rate-out').textContent = values.rate;
  drawPreview(values);
  showEstimate(values);
}

function showEstimate(values) {
  const total = estimate(values);
  const parts = [];
  if (total?.characters) parts.push(`${count(total.words)} words`, `${count(total.characters)} characters`);
  else if (total?.words) parts.push(`about ${count(total.words)} words`);
  if (total?.seconds) parts.push(`about ${wholeSpan(Math.max(1, total.seconds) * 1000)}`);
  const tooMuch = [];
  if (total?.characters > LIMITS.characters) tooMuch.push(`at most ${count(LIMITS.characters)} characters fit in one video`);
  if (total?.scenes > LIMITS.scenes) tooMuch.push(`at most ${LIMITS.scenes} scenes fit in one video`);
  if (total?.seconds > LIMITS.minutes * 60) tooMuch.push(`a video may last ${LIMITS.minutes} minutes`);
  estimateLine.textContent = [parts.join(' · '), ...tooMuch].filter(Boolean).join(' – ') || (values.mode === 'topic' ? '' : 'Length appears here as you write');
  estimateLine.classList.toggle('over', tooMuch.length > 0);
}

let pending = null;

function changed() {
  clearTimeout(pending);
  pending = setTimeout(save, 150);
}

function save() {
  clearTimeout(pending);
  store.set(DRAFT, JSON.stringify(read()));
  show();
}

function clearErrors() {
  problemBox.hidden = true;
  for (const error of form.querySelectorAll('.field-error')) error.remove();
  for (const field of form.querySelectorAll('[aria-invalid]')) forget(field);
}

function forget(field) {
  field.removeAttribute('aria-invalid');
  if (field.dataset.describedby !== undefined) field.setAttribute('aria-describedby', field.dataset.describedby);
  else field.removeAttribute('aria-describedby');
}

function unmark(field) {
  for (const id of field.getAttribute('aria-describedby').split(' ')) {
    const line = document.getElementById(id);
    if (line?.classList.contains('field-error')) line.remove();
  }
  forget(field);
  const left = form.querySelector('[aria-invalid]') || document.querySelector('#problem-list li');
  if (!left) problemBox.hidden = true;
}

/** The shown field that a JSON pointer speaks of, or its nearest shown parent. */
function fieldAt(pointer, mode) {
  if (mode === 'json') return document.getElementById('json');
  const [, first, second, ...rest] = pointer.split('/');
  if (first === 'scenes' && second !== undefined && mode === 'scenes') return sceneField(Number(second), rest);
  for (let at = pointer; at; at = at.slice(0, at.lastIndexOf('/'))) {
    const field = form.querySelector(`[data-pointer="${CSS.escape(at)}"]`);
    if (field && !field.closest('[hidden]')) return field;
  }
  return null;
}

let errorNumber = 0;

function mark(field, message) {
  const holder = field.closest('.scene, .more-grid label, .field, fieldset, .panel');
  const line = Object.assign(document.createElement('p'), { className: 'field-error', id: `error-${(errorNumber += 1)}`, textContent: message });
  holder.append(line);
  if (field.hasAttribute('aria-describedby') && !field.hasAttribute('aria-invalid')) field.dataset.describedby = field.getAttribute('aria-describedby');
  field.setAttribute('aria-invalid', 'true');
  field.setAttribute('aria-describedby', [field.getAttribute('aria-describedby'), line.id].filter(Boolean).join(' '));
  field.closest('details')?.setAttribute('open', '');
}

const PLAIN = {
  0: ['The service cannot be reached', 'Nothing is lost: your draft stays here. Check the connection and try again.'],
  401: ['A key is needed', 'This service only takes videos from people with an API key.'],
  413: ['That is too much for one video', 'A spec may have at most 1 MiB.'],
  429: ['Too many videos at once', 'Wait a moment, then try again.'],
  503: ['The service is busy', 'It could not take the video just now. Your draft stays here; try again in a moment.'],
};

function explain(problem, marked, left) {
  if (problem.code === 'writer_unavailable') {
    return ['No writer is set up yet', 'This service cannot turn a topic into a script so far. Write the script yourself, and it makes the video.'];
  }
  if (PLAIN[problem.status]) return PLAIN[problem.status];
  if (problem.status >= 500) return ['Something went wrong in the service', 'Your draft stays here. Try again in a moment.'];
  const where = marked === 1 ? 'The place is marked above.' : 'The places are marked above.';
  return [problem.title ?? 'The video could not be taken', marked && !left ? where : problem.errors.length ? '' : problem.message];
}

function showProblem(problem, mode) {
  const marked = [];
  const left = [];
  for (const { pointer = '', message = '' } of problem.errors) {
    const field = fieldAt(pointer, mode);
    const words = problem.code === 'writer_unavailable' ? 'No script writer is set up here yet.' : sentence(message);
    const placed = pointer ? sentence(`${place(pointer)}: ${message}`) : words;
    if (field) {
      mark(field, mode === 'json' ? placed : words);
      marked.push(field);
    } else {
      left.push(placed);
    }
  }
  const [title, detail] = explain(problem, marked.length, left.length);
  document.getElementById('problem-title').textContent = title;
  document.getElementById('problem-detail').textContent = detail;
  const items = left.map((words) => Object.assign(document.createElement('li'), { textContent: words }));
  document.getElementById('problem-list').replaceChildren(...items);
  problemBox.hidden = false;
  const first = marked[0];
  (first?.matches('[role]') ? first.querySelector('input:checked') : first ?? problemBox)?.focus();
}

function jsonFault(body) {
  try {
    JSON.parse(body);
    return null;
  } catch (error) {
    return new Problem(400, { title: 'This is not valid JSON', errors: [{ pointer: '', message: error.message }] });
  }
}

async function send(done) {
  const values = read();
  const body = toBody(values);
  clearErrors();
  save();
  submit.disabled = true;
  submitLabel.textContent = 'Sending…';
  try {
    const fault = values.mode === 'json' ? jsonFault(body) : null;
    if (fault) throw fault;
    done(await submitVideo(body));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showProblem(problem, values.mode);
  } finally {
    submit.disabled = false;
    submitLabel.textContent = 'Make the video';
  }
}

function chooseMode(mode) {
  form.querySelector(`[name="mode"][value="${mode}"]`).checked = true;
}

function fillExample() {
  chooseMode('script');
  document.getElementById('title').value = EXAMPLE.title;
  document.getElementById('script').value = EXAMPLE.script;
  clearErrors();
  save();
  form.scrollIntoView({ block: 'start' });
  submit.focus({ preventScroll: true });
}

function clear() {
  const empty = [{}];
  write({ title: '', script: '', topic: '', style: '', json: '', scenes: empty });
  clearErrors();
  save();
}

/** Another way to make the video: a topic is shown with footage unless something else is chosen there. */
function modeChosen(mode) {
  clearErrors();
  const radio = (name, value) => form.querySelector(`[name="${name}"][value="${value}"]`);
  if (mode === 'topic' && radio('background', 'gradient').checked) radio('background', 'footage').checked = true;
  if (mode !== 'topic' && radio('background', 'footage').checked) radio('background', 'gradient').checked = true;
}

/** A draft about a topic waits until it is known whether topics are offered. */
let awaitsWriter = false;

/** Whether the service writes scripts: a topic is offered, or no longer. */
export function writerKnown(has) {
  if (!setWriter(has)) return;
  if (has && awaitsWriter) chooseMode('topic');
  awaitsWriter = false;
  const { mode } = read();
  if (offered(mode) !== mode) {
    chooseMode(offered(mode));
    modeChosen(offered(mode));
  }
  show();
}

export function startComposer(done) {
  document.getElementById('voice').replaceChildren(...VOICES.map(([value, name]) => new Option(name, value)));
  startScenes(changed);
  let draft = {};
  try { draft = JSON.parse(store.get(DRAFT)) ?? {}; } catch { /* an unreadable draft is no draft */ }
  startTopic(draft.channel);
  write(draft);
  awaitsWriter = draft.mode === 'topic';
  if (awaitsWriter) chooseMode('script');
  show();
  loadChannels(draft.channel).then(show);

  form.addEventListener('input', (event) => {
    const marked = event.target.closest('[aria-invalid]');
    if (marked) unmark(marked);
    changed();
  });
  form.addEventListener('change', (event) => {
    if (event.target.name === 'channel') followChannel();
    if (event.target.name === 'mode') {
      awaitsWriter = false;
      modeChosen(event.target.value);
    }
    save();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!submit.disabled) send(done);
  });
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    if (event.metaKey || event.ctrlKey) form.requestSubmit(submit);
    // Enter in a line of text sends the form by itself: too soon.
    else if (event.target.matches('input')) event.preventDefault();
  });
  addEventListener('pagehide', save);
  document.getElementById('clear').addEventListener('click', clear);
  document.getElementById('example').addEventListener('click', fillExample);
  document.getElementById('json-fill').addEventListener('click', () => {
    const values = read();
    const hasScenes = values.scenes.some((part) => part.text.trim());
    const mode = values.script.trim() ? 'script' : hasScenes ? 'scenes' : values.topic.trim() ? offered('topic') : 'script';
    document.getElementById('json').value = JSON.stringify(toSpec({ ...values, mode }), null, 2);
    clearErrors();
    save();
  });
}
