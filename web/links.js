// The links of a card to its files. Their addresses are signed for an hour: one that is older is renewed when it is used.

import { getVideo, Problem } from './api.js';
import { sentence } from './words.js';

/** From this age on an address is renewed first: the hour may be over before the file begins to come. */
const FRESH_FOR_MS = 50 * 60_000;

/** Tells the list what became of the video with an event `changed`, as actions do. */
export class Links {
  constructor(card) {
    this.card = card;
    this.element = card.find('.task-links');
    this.refusal = card.find('.task-refusal');
    this.signed = null;
    this.signedAt = 0;
    this.element.addEventListener('click', (event) => {
      const link = event.target.closest('a');
      if (link && Date.now() - this.signedAt > FRESH_FOR_MS) {
        event.preventDefault();
        this.renew(link);
      }
    });
  }

  update(task) {
    const name = task.title || 'Untitled';
    if (this.signed !== task.video_download_url) {
      this.signed = task.video_download_url;
      this.signedAt = Date.now();
    }
    for (const link of this.element.querySelectorAll('[data-link]')) this.point(link, task[link.dataset.link], name);
    for (const output of (task.outputs ?? []).slice(1)) this.point(this.further(output), output.video_download_url, name);
  }

  point(link, url, name) {
    link.hidden = !url;
    if (url && link.getAttribute('href') !== url) link.href = url;
    link.setAttribute('aria-label', `Download ${link.textContent} of “${name}”`);
  }

  /** The link to the video in another shape, made once. */
  further(output) {
    const shape = `${output.aspect} ${output.resolution}`;
    const known = this.element.querySelector(`[data-shape="${shape}"]`);
    if (known) return known;
    const link = Object.assign(document.createElement('a'), { textContent: `MP4 ${shape}`, download: '' });
    link.dataset.shape = shape;
    this.element.append(link);
    return link;
  }

  /** Asks for fresh addresses, then goes on as if the link had been used just now. */
  async renew(link) {
    this.refusal.hidden = true;
    try {
      this.card.update(await getVideo(this.card.task.id));
      this.signedAt = Date.now();
      if (!link.hidden) link.click();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 404) this.card.element.dispatchEvent(new CustomEvent('changed', { bubbles: true, detail: null }));
      this.refusal.textContent = sentence(problem.message);
      this.refusal.hidden = false;
    }
  }
}
