// What a person can do with a video in the list: cancel it, have it tried again, delete it.

import { cancelVideo, deleteVideo, Problem, retryVideo } from './api.js';
import { isActive, sentence } from './words.js';

/** How long a button that asks back waits for the second click. */
const ASKS_FOR_MS = 4000;

const ACTIONS = {
  cancel: { fits: isActive, run: cancelVideo },
  retry: { fits: (task) => task.status === 'failed' || task.status === 'cancelled', run: retryVideo },
  delete: { fits: (task) => !isActive(task), run: deleteVideo, question: 'Delete for good?' },
};

/** The buttons of one card. Tells the list what became of the video with an event `changed`: the task, or null. */
export class Actions {
  constructor(card) {
    this.card = card;
    this.refusal = card.find('.task-refusal');
    for (const button of this.buttons()) {
      button.addEventListener('click', () => this.click(button));
    }
  }

  buttons() {
    return this.card.element.querySelectorAll('.task-actions button');
  }

  update(task) {
    for (const button of this.buttons()) {
      const hidden = !ACTIONS[button.dataset.act].fits(task);
      if (button.hidden !== hidden) button.hidden = hidden;
      const label = `${button.textContent}: “${task.title || 'Untitled'}”`;
      if (button.getAttribute('aria-label') !== label) button.setAttribute('aria-label', label);
    }
  }

  click(button) {
    const { question } = ACTIONS[button.dataset.act];
    if (question && button.textContent !== question) this.askBack(button, question);
    else this.run(button);
  }

  askBack(button, question) {
    const words = button.textContent;
    button.textContent = question;
    button.classList.add('asks');
    this.update(this.card.task);
    setTimeout(() => {
      button.textContent = words;
      button.classList.remove('asks');
      this.update(this.card.task);
    }, ASKS_FOR_MS);
  }

  async run(button) {
    button.disabled = true;
    this.refusal.hidden = true;
    try {
      const detail = await ACTIONS[button.dataset.act].run(this.card.task.id);
      this.card.element.dispatchEvent(new CustomEvent('changed', { bubbles: true, detail }));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      // Somebody else deleted it: that is what the list is to show.
      if (problem.status === 404) this.card.element.dispatchEvent(new CustomEvent('changed', { bubbles: true, detail: null }));
      this.refusal.textContent = sentence(problem.message);
      this.refusal.hidden = false;
    } finally {
      button.disabled = false;
    }
  }
}
