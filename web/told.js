// What a finished video brings along: title, description and tags for whoever publishes it, thanks, warnings.

import { sentence } from './words.js';

const COPIED_FOR_MS = 1500;

function put(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

const item = (words) => Object.assign(document.createElement('li'), { textContent: words });

export class Told {
  constructor(card) {
    this.box = card.find('.told');
    this.warnings = card.find('.task-warnings');
    this.shown = null;
    for (const button of this.box.querySelectorAll('[data-copy]')) {
      button.addEventListener('click', () => this.copy(button));
    }
  }

  update(result) {
    const { script = null, credits = [], warnings = [] } = result ?? {};
    const state = JSON.stringify([script, credits, warnings]);
    if (state === this.shown) return;
    this.shown = state;
    this.warnings.hidden = !warnings.length;
    this.warnings.replaceChildren(...warnings.map((words) => item(sentence(words))));
    this.box.hidden = !script && !credits.length;
    put(this.box.querySelector('summary'), script ? 'Title, description and tags' : 'Credits');
    this.part('title', script?.title);
    this.part('description', script?.description);
    this.part('tags', script?.tags?.join(', '));
    this.thank(credits);
  }

  part(name, words) {
    const part = this.box.querySelector(`[data-told="${name}"]`);
    part.hidden = !words;
    put(part.querySelector('dd'), words ?? '');
  }

  thank(credits) {
    const part = this.box.querySelector('[data-told="credits"]');
    part.hidden = !credits.length;
    const links = credits.map(({ author, provider, url }) => {
      const words = `${author} on ${provider}`;
      const isAddress = /^https?:\/\//.test(url);
      return isAddress ? Object.assign(document.createElement('a'), { textContent: words, href: url, target: '_blank', rel: 'noopener noreferrer' }) : words;
    });
    part.querySelector('dd').replaceChildren(...links.flatMap((link, index) => (index ? [', ', link] : [link])));
  }

  async copy(button) {
    const words = button.closest('[data-told]').querySelector('dd').textContent;
    try {
      await navigator.clipboard.writeText(words);
      put(button, 'Copied');
    } catch {
      // Browsers refuse on pages without TLS: the words are marked, so that a key copies them.
      getSelection().selectAllChildren(button.closest('[data-told]').querySelector('dd'));
      put(button, 'Marked');
    }
    setTimeout(() => put(button, 'Copy'), COPIED_FOR_MS);
  }
}
