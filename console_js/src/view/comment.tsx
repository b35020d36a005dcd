import { useEffect, useState } from 'preact/hooks';
import { languageName, routeText } from '../format';
import { Refused, translate } from '../link/api';
import { hasWords } from '../log/select';
import { store } from '../state';
import { useStore } from '../store';
import { t } from '../texts';
import type { Aside, Refusal } from '../wire';
import { Icon } from './icons';
import { Linked } from './text';

interface CommentProps {
  conversation: string;
  text: string;
}

/** What came with a rating, as this operator reads it; the original is at hand. */
export function Comment({ conversation, text }: CommentProps) {
  const [read, setRead] = useState<Aside | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    setRead(null);
    setRefusal(null);
    if (!hasWords(text)) return undefined;
    const abort = new AbortController();
    const run = async () => {
      try {
        setRead(await translate(conversation, text, abort.signal));
      } catch (error) {
        if (abort.signal.aborted) return; // it is not looked at any more
        if (!(error instanceof Refused)) throw error;
        setRefusal(error.refusal);
      }
    };
    void run();
    return () => abort.abort();
  }, [conversation, text, attempt]);

  const untranslated = read?.status === 'untranslated';
  const translated = read !== null && !untranslated && read.status !== 'same_language';
  const isAdmin = useStore(store, (state) => state.me?.role === 'admin');
  const why = untranslated
    ? `${t.reason(read.reason)} ${t.remedy(read.reason, isAdmin, read.source, read.language)}`
    : null;
  const problem = refusal ? t.refusal(refusal) : why;
  return (
    <div class="line__quote">
      <blockquote lang={translated ? read.language : read?.source} dir="auto">
        <Linked text={translated ? read.text : text} />
      </blockquote>
      {translated && open ? (
        <div class="message__other">
          <p class="message__label">{t.message.originalIn(languageName(read.source))}</p>
          <p lang={read.source} dir="auto">
            <Linked text={text} />
          </p>
        </div>
      ) : null}
      {translated ? (
        <p class="line__making">
          {read.route.length > 0 ? <span class="route">{routeText(read.route)}</span> : null}
          <button
            type="button"
            class="link-button"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            {open ? t.message.hideOriginal : t.message.original}
          </button>
        </p>
      ) : null}
      {problem ? (
        <p class="message__problem">
          <Icon name="warning" />
          <span>
            {t.message.untranslated}: {problem}
          </span>
          <button type="button" class="link-button" onClick={() => setAttempt(attempt + 1)}>
            {t.message.again}
          </button>
        </p>
      ) : null}
    </div>
  );
}
