// Bundles the program once, before anything is measured: bundle.mjs TOLD.json DIRECTORY
import {cpSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, join, resolve} from 'node:path';
import {bundle} from '@remotion/bundler';

const [path, directory] = process.argv.slice(2);
const told = JSON.parse(readFileSync(path, 'utf8'));
const pictures = join(directory, 'public');
mkdirSync(pictures, {recursive: true});
for (const scene of told.scenes) {
  cpSync(scene.image, join(pictures, basename(scene.image)));
  scene.image = basename(scene.image);
}
cpSync(told.sound, join(pictures, basename(told.sound)));
told.sound = basename(told.sound);
writeFileSync(join(directory, 'told.json'), JSON.stringify(told));
await bundle({
  entryPoint: resolve(import.meta.dirname, 'index.jsx'),
  publicDir: resolve(pictures),
  outDir: resolve(directory, 'site'),
});
