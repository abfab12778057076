// The list of scenes: add, move, remove, read and write.

import { LIMITS } from './spec.js';

const list = document.getElementById('scenes');
const addButton = document.getElementById('add-scene');
const template = document.getElementById('scene-template');

const EMPTY = { title: '', text: '', duration_s: '', background: '', color: '#10182b', url: '' };

const partsOf = (item) => [...item.querySelectorAll('[data-part]')];

function showBackground(item) {
  const kind = item.querySelector('[data-part="background"]').value;
  item.querySelector('[data-part="color"]').hidden = kind !== 'color';
  item.querySelector('[data-part="url"]').hidden = kind !== 'image';
}

function add(values) {
  const item = template.content.cloneNode(true).firstElementChild;
  for (const part of partsOf(item)) part.value = values[part.dataset.part] ?? '';
  showBackground(item);
  list.append(item);
  return item;
}

function number() {
  const items = [...list.children];
  items.forEach((item, index) => {
    const name = `Scene ${index + 1}`;
    item.querySelector('.scene-number').textContent = name;
    item.setAttribute('aria-label', name);
    for (const [act, words, off] of [['up', 'Move up', index === 0], ['down', 'Move down', index === items.length - 1], ['remove', 'Remove', items.length === 1]]) {
      const button = item.querySelector(`[data-act="${act}"]`);
      button.disabled = off;
      button.setAttribute('aria-label', `${words}: ${name.toLowerCase()}`);
    }
  });
  addButton.disabled = items.length >= LIMITS.scenes;
}

export function readScenes() {
  return [...list.children].map((item) => Object.fromEntries(partsOf(item).map((part) => [part.dataset.part, part.value])));
}

export function writeScenes(scenes) {
  list.replaceChildren();
  for (const values of scenes?.length ? scenes : [EMPTY]) add({ ...EMPTY, ...values });
  number();
}

/** The field that a pointer below `/scenes/{index}` speaks of. */
export function sceneField(index, rest) {
  const item = list.children[index];
  if (!item) return null;
  const [first, second] = rest;
  const part = first === 'background' && ['color', 'url'].includes(second) ? second : first;
  const field = item.querySelector(`[data-part="${CSS.escape(part ?? 'text')}"]`);
  return field && !field.hidden ? field : item.querySelector('[data-part="text"]');
}

export function startScenes(changed) {
  addButton.addEventListener('click', () => {
    const item = add(EMPTY);
    number();
    item.querySelector('textarea').focus();
    changed();
  });
  list.addEventListener('click', (event) => {
    const button = event.target.closest('[data-act]');
    const item = button?.closest('.scene');
    if (!item) return;
    const act = button.dataset.act;
    if (act === 'up') item.previousElementSibling?.before(item);
    if (act === 'down') item.nextElementSibling?.after(item);
    let focus = button;
    if (act === 'remove') {
      focus = (item.nextElementSibling ?? item.previousElementSibling).querySelector('textarea');
      item.remove();
    }
    number();
    (focus.disabled ? item.querySelector('textarea') : focus).focus();
    changed();
  });
  list.addEventListener('change', (event) => {
    const item = event.target.closest('.scene');
    if (item && event.target.dataset.part === 'background') showBackground(item);
  });
}
