let context: AudioContext | null = null;

/** Two soft notes. Silent where the browser wants a gesture first or has no sound. */
export function chime(): void {
  try {
    context ??= new AudioContext();
  } catch {
    return; // no sound on this machine
  }
  const start = context.currentTime;
  for (const [index, frequency] of [660, 880].entries()) {
    const at = start + index * 0.12;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.08, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.3);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.32);
  }
}
