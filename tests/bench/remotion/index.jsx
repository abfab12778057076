// The photographs with camera moves, crossfades and word captions, as a Remotion program draws them.
import React from 'react';
import {AbsoluteFill, Audio, Composition, Img, Sequence, interpolate, registerRoot, staticFile, useCurrentFrame} from 'remotion';

const Photograph = ({scene, frames, fade}) => {
  const frame = useCurrentFrame();
  const done = frame / frames;
  const {move, amount} = scene.camera;
  let transform = `scale(${1 + amount * done})`;
  if (move === 'zoom-out') {
    transform = `scale(${1 + amount * (1 - done)})`;
  }
  if (move.startsWith('pan-')) {
    const way = (0.5 - done) * amount * 100 * (move === 'pan-right' ? 1 : -1);
    transform = `translateX(${way / (1 + amount) / 1.15}%) scale(${1 + amount})`;
  }
  const opacity = scene.first === 0 ? 1 : interpolate(frame, [0, fade], [0, 1], {extrapolateRight: 'clamp'});
  return (
    <AbsoluteFill style={{opacity}}>
      <Img src={staticFile(scene.image)} style={{width: '100%', height: '100%', objectFit: 'cover', transform}} />
    </AbsoluteFill>
  );
};

const Caption = ({words}) => {
  const frame = useCurrentFrame();
  const index = words.findIndex((word) => frame >= word.first && frame < word.end);
  if (index < 0) {
    return null;
  }
  const from = Math.floor(index / 8) * 8;
  return (
    <AbsoluteFill style={{justifyContent: 'flex-end', alignItems: 'center', paddingBottom: 97}}>
      <div style={{font: '700 60px Noto Sans, sans-serif', color: 'white', WebkitTextStroke: '4px #000c', paintOrder: 'stroke fill'}}>
        {words.slice(from, from + 8).map((word, at) => (
          <span key={word.first} style={{color: from + at === index ? '#ffd54a' : 'white'}}>{word.text} </span>
        ))}
      </div>
    </AbsoluteFill>
  );
};

const Story = ({told}) => (
  <AbsoluteFill style={{backgroundColor: 'black'}}>
    {told.scenes.map((scene, at) => {
      const frames = scene.end - scene.first + (at + 1 < told.scenes.length ? told.crossfade : 0);
      return (
        <Sequence key={scene.first} from={scene.first} durationInFrames={frames}>
          <Photograph scene={scene} frames={frames} fade={told.crossfade} />
        </Sequence>
      );
    })}
    <Caption words={told.scenes.flatMap((scene) => scene.words)} />
    <Audio src={staticFile(told.sound)} />
  </AbsoluteFill>
);

registerRoot(() => (
  <Composition
    id="story"
    component={Story}
    width={1920}
    height={1080}
    fps={30}
    durationInFrames={1}
    defaultProps={{told: {scenes: [], crossfade: 15, sound: ''}}}
    calculateMetadata={({props}) => ({durationInFrames: props.told.frames})}
  />
));
