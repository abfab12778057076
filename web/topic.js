// What belongs to a topic, and the channels: offered only where the service has them.

import { listChannels } from './api.js';

const LANGUAGES = [
  ['en', 'English'], ['de', 'German'], ['fr', 'French'], ['es', 'Spanish'], ['it', 'Italian'], ['pt-BR', 'Portuguese (Brazil)'], ['pt', 'Portuguese'],
  ['nl', 'Dutch'], ['pl', 'Polish'], ['sv', 'Swedish'], ['da', 'Danish'], ['nb', 'Norwegian'], ['fi', 'Finnish'], ['cs', 'Czech'], ['hu', 'Hungarian'],
  ['ro', 'Romanian'], ['el', 'Greek'], ['tr', 'Turkish'], ['ru', 'Russian'], ['uk', 'Ukrainian'], ['ar', 'Arabic'], ['hi', 'Hindi'], ['id', 'Indonesian'],
  ['vi', 'Vietnamese'], ['zh', 'Chinese'], ['ja', 'Japanese'], ['ko', 'Korean'],
];
const LENGTHS = [[15, '15 seconds'], [30, '30 seconds'], [45, '45 seconds'], [60, '1 minute'], [90, '1½ minutes'], [120, '2 minutes'], [180, '3 minutes'], [300, '5 minutes'], [600, '10 minutes']];

const channel = document.getElementById('channel');
const language = document.getElementById('language');
const length = document.getElementById('duration');
const modes = document.getElementById('modes');

let hasWriter = null;

/** Fills the lists that never change, where the first entry leaves the choice to the channel. A draft's channel is
 * kept until it is known which there are. */
export function startTopic(wanted) {
  if (wanted) channel.append(new Option(wanted, wanted));
  language.replaceChildren(new Option('As the channel', ''), ...LANGUAGES.map(([value, name]) => new Option(name, value)));
  length.replaceChildren(new Option('As the channel', ''), ...LENGTHS.map(([value, name]) => new Option(name, value)));
  language.value = 'en';
  length.value = '60';
}

/** Tells that the service writes scripts, or not; whether that is new. */
export function setWriter(has) {
  if (has === hasWriter) return false;
  hasWriter = has;
  modes.querySelector('[value="topic"]').closest('label').hidden = !has;
  return true;
}

/** A way to make a video that is not offered makes way for the usual one. */
export const offered = (mode) => (mode === 'topic' && !hasWriter ? 'script' : mode);

/** Asks for the channels and offers them. A chosen one stays chosen while it exists. */
export async function loadChannels(wanted) {
  // Without an answer the page works as well, without channels.
  const { channels } = await listChannels().catch(() => ({ channels: [] }));
  channel.replaceChildren(new Option('None', ''), ...channels.map(({ name }) => new Option(name, name)));
  channel.value = channels.some(({ name }) => name === wanted) ? wanted : '';
}

/** A channel was chosen: what it may decide is left to it. */
export function followChannel() {
  if (!channel.value) return;
  language.value = '';
  length.value = '';
}

/** With a channel, what it decides may be left to it. Without one there is nothing to leave it to. */
export function showChannel(values) {
  const hasChannel = Boolean(values.channel);
  const isWritten = values.mode === 'json';
  document.getElementById('channel-field').hidden = isWritten || channel.options.length < 2;
  document.getElementById('own-look-row').hidden = isWritten || !hasChannel;
  document.getElementById('title').placeholder = values.mode === 'topic' ? 'Else the script brings one' : 'Why is the sky blue?';
  document.getElementById('style').placeholder = hasChannel ? 'As the channel' : 'Warm and exact, for curious adults. No questions to the audience.';
  for (const [select, usual] of [[language, 'en'], [length, '60']]) {
    select.options[0].hidden = !hasChannel;
    if (!hasChannel && select.value === '') select.value = usual;
  }
}
