// The list of videos: asks for it, follows what is being made, and keeps the page in step.

import { getVideo, listVideos, Problem } from './api.js';
import { Card } from './card.js';
import { isActive } from './words.js';

const PAGE = 20;
const FAST_MS = 800;
const SLOW_MS = 5000;
const IDLE_MS = 15_000;
const FOLLOWED_AT_ONCE = 6;

const list = document.getElementById('tasks');
const loading = document.getElementById('loading');
const notice = document.getElementById('notice');
const more = document.getElementById('load-more');
const announcer = document.getElementById('announcer');

const cards = new Map();
const mine = new Set();
let filter = '';
let cursor = null;
let pagesLoaded = 1;
let delay = FAST_MS;
let failures = 0;
let timer = null;
let round = 0;
let loaded = false;
let locked = false;

const tasks = () => [...cards.values()].map((card) => card.task);
const fits = (task) => !filter || task.status === filter;
// Ids are ULIDs: they sort by the time of their making.
const newestFirst = (a, b) => (a.id < b.id ? 1 : -1);

/** Takes in what the service said, unless something newer is known. Says whether anything moved. */
function take(task) {
  const card = cards.get(task.id);
  if (!card) {
    cards.set(task.id, new Card(task));
    return true;
  }
  const before = card.task;
  if (Date.parse(task.updated_at) < Date.parse(before.updated_at)) return false;
  card.update(task);
  if (isActive(before) && !isActive(task)) announce(task);
  return before.status !== task.status || before.progress !== task.progress || before.stage !== task.stage;
}

function announce(task) {
  const words = { completed: 'is ready', failed: 'failed', cancelled: 'was cancelled' }[task.status];
  announcer.textContent = `“${task.title || 'Untitled'}” ${words}.`;
}

function drop(id) {
  cards.get(id)?.element.remove();
  cards.delete(id);
}

/** Puts cards where they belong without moving those that stand right (a playing video must not stop). */
function arrange() {
  for (const task of tasks()) {
    if (!fits(task)) drop(task.id);
  }
  let place = list.firstElementChild;
  for (const task of tasks().sort(newestFirst)) {
    const { element } = cards.get(task.id);
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
  const empty = loaded && cards.size === 0;
  document.getElementById('empty').hidden = !empty || filter !== '';
  document.getElementById('empty-filter').hidden = !empty || filter === '';
  more.hidden = !cursor;
  loading.hidden = loaded || !notice.hidden;
  list.setAttribute('aria-busy', String(!loaded));
  showInTitle();
}

function showInTitle() {
  const active = tasks().filter(isActive);
  const done = active.reduce((sum, task) => sum + task.progress, 0) / active.length;
  document.title = active.length ? `${Math.round(done)}% · Rushes` : 'Rushes';
}

/** The first page says what exists now; what it leaves out and should hold is gone. */
function forgetMissing(page) {
  const seen = new Set(page.videos.map((task) => task.id));
  const last = page.videos.at(-1);
  for (const task of tasks()) {
    const older = page.next_cursor && last && newestFirst(last, task) < 0;
    if (!seen.has(task.id) && !older && !mine.has(task.id)) drop(task.id);
  }
  seen.forEach((id) => mine.delete(id));
  return seen;
}

/** Videos under way that the first page does not hold are asked for one by one. */
async function follow(seen) {
  const missing = tasks().filter((task) => !seen.has(task.id) && isActive(task)).slice(0, FOLLOWED_AT_ONCE);
  const answers = await Promise.allSettled(missing.map((task) => getVideo(task.id)));
  let moved = false;
  answers.forEach((answer, index) => {
    if (answer.status === 'fulfilled') moved = take(answer.value) || moved;
    else if (answer.reason.status === 404) drop(missing[index].id);
  });
  return moved;
}

async function refresh() {
  clearTimeout(timer);
  timer = null;
  const current = (round += 1);
  try {
    const page = await listVideos({ status: filter, limit: PAGE });
    if (current !== round) return;
    const seen = forgetMissing(page);
    let moved = page.videos.map(take).some(Boolean);
    moved = (await follow(seen)) || moved;
    if (current !== round) return;
    if (pagesLoaded === 1) cursor = page.next_cursor;
    loaded = true;
    failures = 0;
    locked = false;
    notice.hidden = true;
    delay = moved ? FAST_MS : Math.min(delay * 1.4, SLOW_MS);
    arrange();
    plan(tasks().some(isActive) ? delay : IDLE_MS);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (current === round) fail(problem);
  }
}

function fail(problem) {
  failures += 1;
  locked = problem.status === 401;
  const wait = problem.retryAfter ?? Math.min(1000 * 2 ** failures, 30_000);
  const words = locked
    ? 'An API key is needed to see the videos.'
    : problem.status === 0
      ? 'The service cannot be reached. Trying again shortly.'
      : 'The videos could not be loaded. Trying again shortly.';
  document.getElementById('notice-text').textContent = words;
  document.getElementById('retry').textContent = locked ? 'Enter a key' : 'Try now';
  notice.hidden = false;
  arrange();
  if (!locked) plan(wait);
}

function plan(wait) {
  clearTimeout(timer);
  timer = document.hidden ? null : setTimeout(refresh, wait);
}

async function loadMore() {
  more.disabled = true;
  try {
    const page = await listVideos({ status: filter, cursor, limit: PAGE });
    pagesLoaded += 1;
    cursor = page.next_cursor;
    page.videos.forEach(take);
    arrange();
    cards.get(page.videos[0]?.id)?.element.focus({ preventScroll: true });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    fail(problem);
  } finally {
    more.disabled = false;
  }
}

/** Shows what became of a video that was cancelled, tried again or deleted (null). */
function change(id, task) {
  // What was asked before may not know of it yet.
  round += 1;
  if (task) take(task);
  else {
    announcer.textContent = `“${cards.get(id)?.task.title || 'Untitled'}” was deleted.`;
    drop(id);
  }
  arrange();
  delay = FAST_MS;
  plan(300);
}

/** Shows a video that was just asked for. */
export function addSubmitted(task) {
  mine.add(task.id);
  if (!fits(task)) chooseFilter('');
  take(task);
  loaded = true;
  arrange();
  announcer.textContent = `“${task.title || 'Untitled'}” is in line.`;
  cards.get(task.id).element.scrollIntoView({ block: 'nearest' });
  delay = FAST_MS;
  plan(300);
}

function chooseFilter(status) {
  filter = status;
  for (const radio of document.querySelectorAll('[name="status"]')) radio.checked = radio.value === status;
  cursor = null;
  pagesLoaded = 1;
}

export function startFeed() {
  document.getElementById('filter').addEventListener('change', (event) => {
    chooseFilter(event.target.value);
    loaded = false;
    mine.clear();
    arrange();
    refresh();
  });
  list.addEventListener('changed', (event) => change(event.target.dataset.id, event.detail));
  document.getElementById('retry').addEventListener('click', refresh);
  more.addEventListener('click', loadMore);
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    // Whoever declined to give a key is not asked again by looking at the page.
    if (!document.hidden && !locked) refresh();
  });
  setInterval(() => {
    if (!document.hidden) cards.forEach((card) => card.tick());
  }, 1000);
  return refresh();
}
