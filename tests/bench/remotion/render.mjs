// What is measured: render.mjs DIRECTORY OUT.mp4 BROWSER [CONCURRENCY]
import {readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {renderMedia, selectComposition} from '@remotion/renderer';

const [directory, output, browserExecutable, concurrency] = process.argv.slice(2);
const inputProps = {told: JSON.parse(readFileSync(join(directory, 'told.json'), 'utf8'))};
const common = {serveUrl: resolve(directory, 'site'), inputProps, browserExecutable, chromeMode: 'headless-shell'};
const composition = await selectComposition({...common, id: 'story'});
await renderMedia({
  ...common,
  composition,
  codec: 'h264',
  x264Preset: 'veryfast',
  concurrency: concurrency ? Number(concurrency) : null,
  outputLocation: output,
});
