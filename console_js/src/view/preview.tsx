import { useEffect, useRef, useState } from 'preact/hooks';
import { languageName } from '../format';
import { Refused, preview as ask } from '../link/api';
import { t } from '../texts';
import type { Preview, Refusal } from '../wire';
import { Icon } from './icons';
import { IconButton } from './parts';

/** After the last key; the engine has better things to do than to follow every letter. */
const PAUSE_MS = 500;

interface Previewing {
  shown: boolean;
  result: Preview | null;
  refusal: Refusal | null;
  busy: boolean;
  ask: () => void;
  close: () => void;
}

/** What the visitor would read of `text`, asked again while it changes, until closed. */
export function usePreview(conversation: string, text: string): Previewing {
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Preview | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const first = useRef(true);
  const wanted = text.trim();

  useEffect(() => {
    if (!shown || wanted === '') {
      setResult(null);
      setBusy(false);
      return undefined;
    }
    const abort = new AbortController();
    const run = async () => {
      setBusy(true);
      try {
        setResult(await ask(conversation, wanted, abort.signal));
        setRefusal(null);
        setBusy(false);
      } catch (error) {
        if (abort.signal.aborted) return; // a newer text is on its way
        if (!(error instanceof Refused)) throw error;
        setResult(null);
        setRefusal(error.refusal);
        setBusy(false);
      }
    };
    const timer = setTimeout(() => void run(), first.current ? 0 : PAUSE_MS);
    first.current = false;
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [conversation, wanted, shown]);

  const open = () => {
    first.current = true;
    setShown(true);
  };
  return { shown, result, refusal, busy, ask: open, close: () => setShown(false) };
}

/** Only what was translated can be translated back. */
const made: ReadonlySet<string> = new Set(['translated', 'phrase', 'corrected']);

export function PreviewPanel({ preview }: { preview: Previewing }) {
  const { result, refusal, busy } = preview;
  return (
    <div class={`preview ${busy ? 'preview--busy' : ''}`} role="status" aria-busy={busy}>
      <div class="preview__head">
        <strong>{t.preview.heading}</strong>
        {busy ? <span class="message__pending">{t.preview.busy}</span> : null}
        <IconButton icon="close" label={t.preview.close} onClick={preview.close} />
      </div>
      {refusal ? (
        <p class="message__problem">
          <Icon name="warning" />
          {t.preview.failed} {t.refusal(refusal)}
        </p>
      ) : null}
      {result ? (
        <>
          <p class="message__label">{t.preview.reads(languageName(result.language))}</p>
          <p class="message__text" lang={result.language} dir="auto">
            {result.translation}
          </p>
          {made.has(result.status) ? (
            <>
              <p class="message__label">{t.preview.back(languageName(result.source))}</p>
              <p class="message__text preview__back" lang={result.source} dir="auto">
                {result.back_translation}
              </p>
            </>
          ) : null}
          {result.warnings.map((warning) => (
            <p class="message__problem" key={warning}>
              <Icon name="warning" />
              {t.preview.warning(warning)}
            </p>
          ))}
        </>
      ) : null}
    </div>
  );
}
