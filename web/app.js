// Rushes' dashboard: wires the form, the list, the key and the health line together.

import { getHealth, key, keyFault, onKeyNeeded } from './api.js';
import { startComposer, writerKnown } from './composer.js';
import { addSubmitted, startFeed } from './feed.js';

const HEALTH_EVERY_MS = 60_000;

const dialog = document.getElementById('key-dialog');
const keyField = document.getElementById('key');

function say(message, isFault) {
  const line = document.getElementById('key-message');
  line.textContent = message;
  line.classList.toggle('field-error', isFault);
  if (isFault) keyField.setAttribute('aria-invalid', 'true');
  else keyField.removeAttribute('aria-invalid');
}

/** Opens the key dialog; resolves to whether a key was given. */
function askForKey(message) {
  say(message, false);
  document.getElementById('key-forget').hidden = !key.get();
  keyField.value = '';
  dialog.returnValue = '';
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'given'), { once: true });
  });
}

function startKey() {
  onKeyNeeded((why) => askForKey(why ?? 'This service asks for a key. It stays in this browser.'));
  document.getElementById('key-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const value = keyField.value.trim();
    const fault = keyFault(value);
    if (fault) say(fault, true);
    if (fault || !value) return keyField.focus();
    key.set(value);
    dialog.close('given');
  });
  document.getElementById('key-cancel').addEventListener('click', () => dialog.close(''));
  document.getElementById('key-forget').addEventListener('click', () => {
    key.set(null);
    dialog.close('');
  });
  document.getElementById('key-button').addEventListener('click', async () => {
    const message = key.get() ? 'A key is kept in this browser. Enter another one to replace it.' : 'A key is only needed where the service asks for one. It stays in this browser.';
    if (await askForKey(message)) document.getElementById('retry').click();
  });
}

const NAMES = { table: 'its records', queue: 'its queue', bucket: 'its storage' };

async function showHealth() {
  if (document.hidden) return;
  const line = document.getElementById('health');
  const text = document.getElementById('health-text');
  let state = 'down';
  let words = 'Not reachable';
  try {
    const health = await getHealth();
    state = health.status === 'ok' ? 'ok' : 'degraded';
    const broken = Object.entries(health.checks ?? {}).filter(([, value]) => value !== 'ok').map(([name]) => NAMES[name] ?? name);
    words = state === 'ok' ? 'All good' : broken.length ? `Cannot reach ${broken.join(' and ')}` : 'Degraded';
    line.title = `Rushes ${health.version}`;
    writerKnown(Boolean(health.has_writer));
  } catch { /* no answer: said above */ }
  line.dataset.state = state;
  if (text.textContent !== words) text.textContent = words;
}

startKey();
startComposer(addSubmitted);
startFeed();
showHealth();
setInterval(showHealth, HEALTH_EVERY_MS);
document.addEventListener('visibilitychange', showHealth);
