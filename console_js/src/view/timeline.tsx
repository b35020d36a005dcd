import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { loadEarlier } from '../actions';
import { dayName, sameDay } from '../format';
import { shownEntries, visitorName } from '../log/select';
import { type Conversation, type Entry, type Timeline, emptyTimeline } from '../log/state';
import { store } from '../state';
import { useNow, useStore } from '../store';
import { t } from '../texts';
import { Icon } from './icons';
import { Line } from './line';
import { MessageView, NoteView } from './message';
import { OutgoingView } from './outgoing';

/** Closer to the end than this, one is reading the newest and follows what comes. */
const NEAR_END_PX = 80;

export function TimelineView({ conversation }: { conversation: Conversation }) {
  const id = conversation.conversation_id;
  const timeline = useStore(store, (state) => state.log.timelines[id]) ?? emptyTimeline;
  const outbox = useStore(store, (state) => state.outbox);
  const outgoing = outbox.filter((item) => item.conversation === id);
  const now = useNow(60_000);
  const box = useRef<HTMLDivElement>(null);
  const { translations } = timeline;
  const entries = shownEntries(timeline.entries);
  const follow = useFollow(box, [timeline.entries, translations, outgoing.length]);

  return (
    <div class="timeline" ref={box} onScroll={follow.onScroll}>
      {timeline.more ? <Earlier id={id} box={box} /> : null}
      <div
        class="timeline__log"
        role="log"
        aria-label={t.conversation.log(visitorName(conversation.visitor))}
      >
        {entries.length === 0 && outgoing.length === 0 ? (
          <p class="timeline__nothing">{t.empty.timeline}</p>
        ) : null}
        {entries.map((entry, place) => (
          <Place
            key={entry.cursor}
            entry={entry}
            before={entries[place - 1]}
            now={now}
            conversation={conversation}
            timeline={timeline}
          />
        ))}
        {outgoing.map((item) => (
          <OutgoingView key={item.id} item={item} />
        ))}
      </div>
      {follow.below ? (
        <button type="button" class="button button--small timeline__new" onClick={follow.toEnd}>
          {t.conversation.newBelow}
          <Icon name="more" />
        </button>
      ) : null}
    </div>
  );
}

interface PlaceProps {
  entry: Entry;
  before: Entry | undefined;
  now: number;
  conversation: Conversation;
  timeline: Timeline;
}

function Place({ entry, before, now, conversation, timeline }: PlaceProps) {
  const newDay = !before || !sameDay(before.at, entry.at);
  return (
    <>
      {newDay ? (
        <h2 class="day">
          <span>{dayName(entry.at, now)}</span>
        </h2>
      ) : null}
      {entry.kind === 'message' ? (
        <MessageView
          message={entry.message}
          at={entry.at}
          conversation={conversation}
          timeline={timeline}
          joined={!newDay && joins(before, entry)}
        />
      ) : entry.kind === 'note' ? (
        <NoteView note={entry.note} at={entry.at} />
      ) : (
        <Line entry={entry} conversation={conversation.conversation_id} />
      )}
    </>
  );
}

/** Whether a message goes on where its author left off less than three minutes ago. */
function joins(before: Entry | undefined, entry: Entry & { kind: 'message' }): boolean {
  if (before?.kind !== 'message') return false;
  const same =
    before.message.from === entry.message.from &&
    before.message.author?.id === entry.message.author?.id;
  return same && new Date(entry.at).getTime() - new Date(before.at).getTime() < 180_000;
}

function Earlier({ id, box }: { id: string; box: { current: HTMLDivElement | null } }) {
  const [busy, setBusy] = useState(false);
  const press = async () => {
    const fromEnd = (box.current?.scrollHeight ?? 0) - (box.current?.scrollTop ?? 0);
    setBusy(true);
    await loadEarlier(id);
    setBusy(false);
    // What was on the screen stays there; the older lines grow above it.
    requestAnimationFrame(() => {
      if (box.current) box.current.scrollTop = box.current.scrollHeight - fromEnd;
    });
  };
  return (
    <p class="timeline__earlier">
      <button
        type="button"
        class="button button--small button--quiet"
        disabled={busy}
        onClick={() => void press()}
      >
        {busy ? t.conversation.loadingMore : t.conversation.more}
      </button>
    </p>
  );
}

/** Keeps the end in view while one is there, and says so when something comes below. */
function useFollow(box: { current: HTMLDivElement | null }, changes: readonly unknown[]) {
  const atEnd = useRef(true);
  const [below, setBelow] = useState(false);
  const toEnd = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
    setBelow(false);
  };
  useLayoutEffect(() => {
    if (atEnd.current) toEnd();
    else setBelow(true);
  }, changes);
  useEffect(() => {
    // A keyboard that slides in, an original that opens: the end stays in view.
    if (!box.current) return undefined;
    const watch = new ResizeObserver(() => {
      if (atEnd.current) toEnd();
    });
    watch.observe(box.current);
    for (const inside of box.current.children) watch.observe(inside);
    return () => watch.disconnect();
  }, []);
  const onScroll = () => {
    const { scrollHeight, scrollTop, clientHeight } = box.current ?? document.body;
    atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (atEnd.current) setBelow(false);
  };
  return { below, toEnd, onScroll };
}
