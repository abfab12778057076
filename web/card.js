// One video in the list. Cards are made once and then only touched where something changed.

import { Actions } from './actions.js';
import { getVideo, serverNow } from './api.js';
import { Links } from './links.js';
import { Told } from './told.js';
import { ago, clock, facts, isActive, sentence, stageWords, STATUS, wholeSpan } from './words.js';

const template = document.getElementById('task-template');

function put(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function attribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

export class Card {
  constructor(task) {
    this.element = template.content.cloneNode(true).firstElementChild;
    this.task = task;
    this.find = (selector) => this.element.querySelector(selector);
    this.player = this.find('.player');
    this.thumb = this.find('[data-act="play"]');
    this.thumb.addEventListener('click', () => this.togglePlayer());
    this.actions = new Actions(this);
    this.links = new Links(this);
    this.told = new Told(this);
    this.element.dataset.id = task.id;
    const title = this.find('.task-title');
    title.id = `title-${task.id}`;
    this.element.setAttribute('aria-labelledby', title.id);
    this.find('.bar').setAttribute('aria-labelledby', title.id);
    this.update(task);
  }

  update(task) {
    this.task = task;
    attribute(this.element, 'data-status', task.status);
    put(this.find('.task-title'), task.title || 'Untitled');
    put(this.find('.badge-text'), STATUS[task.status] ?? task.status);

    const active = isActive(task);
    const bar = this.find('.bar');
    bar.hidden = !active;
    attribute(bar, 'aria-valuenow', String(task.progress));
    attribute(bar, 'aria-valuetext', `${STATUS[task.status]}, ${stageWords(task)}, ${task.progress} percent`);
    bar.firstElementChild.style.transform = `scaleX(${Math.max(0.02, task.progress / 100)})`;

    const error = this.find('.task-error');
    error.hidden = !task.error;
    if (task.error) put(error, sentence(task.error.message));

    this.updateFiles(task);
    this.actions.update(task);
    this.told.update(task.result);
    this.find('.task-meta').hidden = active;
    const when = this.find('.task-when');
    attribute(when, 'datetime', task.created_at);
    attribute(when, 'title', new Date(task.created_at).toLocaleString());
    const list = task.result ? facts(task.result) : [];
    put(this.find('.task-facts'), list.map((fact) => ` · ${fact.replaceAll(' ', '\u00a0')}`).join(''));
    this.tick();
  }

  updateFiles(task) {
    const playable = task.status === 'completed' && Boolean(task.video_url);
    this.thumb.hidden = !playable;
    this.find('.still').hidden = playable;
    this.find('.task-links').hidden = !playable;
    if (!playable) return;
    const image = this.thumb.querySelector('img');
    // Every answer signs the addresses anew: the first one is kept so that nothing loads twice.
    if (task.poster_url && !image.hasAttribute('src')) image.src = task.poster_url;
    const length = task.result ? clock(task.result.duration_ms) : '';
    put(this.find('.thumb-time'), length);
    attribute(this.thumb, 'aria-label', `Play “${task.title || 'Untitled'}”, ${length}`);
    this.links.update(task);
  }

  /** The parts that change with the clock alone. */
  tick() {
    const { task } = this;
    const now = serverNow();
    put(this.find('.task-when'), ago(task.created_at, now));
    const stage = stageWords(task);
    const since = Date.parse(task.started_at ?? task.created_at);
    const elapsed = Number.isNaN(since) ? '' : wholeSpan(now - since);
    put(this.find('.task-stage'), isActive(task) ? [stage, task.status === 'processing' && `${task.progress}%`, elapsed].filter(Boolean).join(' · ') : '');
  }

  togglePlayer() {
    if (this.player.hidden) this.play();
    else this.close();
  }

  close() {
    this.player.replaceChildren();
    this.player.hidden = true;
    this.thumb.setAttribute('aria-expanded', 'false');
  }

  play() {
    const video = document.createElement('video');
    Object.assign(video, { controls: true, autoplay: true, playsInline: true, preload: 'auto' });
    if (this.task.poster_url) video.poster = this.task.poster_url;
    const { result } = this.task;
    if (result) video.style.aspectRatio = `${result.width} / ${result.height}`;
    video.setAttribute('aria-label', this.task.title || 'Untitled');
    video.addEventListener('error', () => this.renew(video), { once: true });
    video.src = this.task.video_url;
    this.player.replaceChildren(video);
    this.player.hidden = false;
    this.thumb.setAttribute('aria-expanded', 'true');
  }

  /** A signed address lasts for a while only: ask for a new one, once. */
  async renew(video) {
    const at = video.currentTime;
    const refused = () => this.player.replaceChildren(Object.assign(document.createElement('p'), { className: 'task-error', textContent: 'The video could not be loaded.' }));
    video.addEventListener('error', refused, { once: true });
    try {
      this.update(await getVideo(this.task.id));
      video.src = this.task.video_url;
      video.currentTime = at;
    } catch {
      refused();
    }
  }
}
