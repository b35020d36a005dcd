import { fullTime, timeOfDay } from '../format';
import type { Entry } from '../log/state';
import { plainName } from '../log/select';
import { store } from '../state';
import { useStore } from '../store';
import { t } from '../texts';
import type { Closer } from '../wire';
import { Comment } from './comment';
import { Linked } from './text';

type LineEntry = Exclude<Entry, { kind: 'message' | 'note' }>;

/** Something that happened to the conversation, in one quiet line. */
export function Line({ entry, conversation }: { entry: LineEntry; conversation: string }) {
  const me = useStore(store, (state) => state.me?.id);
  return (
    <div class="line">
      <p class="line__words">
        {words(entry, me)}
        <time dateTime={entry.at} title={fullTime(entry.at)}>
          {timeOfDay(entry.at)}
        </time>
      </p>
      {entry.kind === 'rated' && entry.comment ? (
        <Comment conversation={conversation} text={entry.comment} />
      ) : null}
      {entry.kind === 'contact' ? <Given entry={entry} /> : null}
    </div>
  );
}

function Given({ entry }: { entry: LineEntry & { kind: 'contact' } }) {
  const given = [plainName(entry.name), entry.email, entry.phone].flatMap((one) =>
    one ? [one] : [],
  );
  if (given.length === 0) return null;
  return (
    <ul class="line__quote">
      {given.map((one) => (
        <li key={one} dir="auto">
          <Linked text={one} />
        </li>
      ))}
    </ul>
  );
}

function words(entry: LineEntry, me: string | undefined): string {
  switch (entry.kind) {
    case 'queued':
      return t.entry.queued;
    case 'assigned':
      return entry.operator.id === me ? t.entry.assignedYou : t.entry.assigned(entry.operator.name);
    case 'transferred':
      return t.entry.transferred(entry.from?.name ?? null, entry.to.name);
    case 'closed':
      return closer(entry.by, me);
    case 'rated':
      return t.entry.rated(entry.stars);
    case 'contact':
      return t.entry.contact;
    case 'unpinned':
      return t.entry.unpinned;
    case 'pinned':
      return entry.of === 'visitor'
        ? t.entry.pinnedVisitor(entry.language)
        : t.entry.pinnedOperator(entry.language);
  }
}

function closer(by: Closer, me: string | undefined): string {
  if (by.from === 'visitor') return t.entry.closedByVisitor;
  if (by.from === 'system') return t.entry.closed;
  return by.id === me ? t.entry.closedByYou : t.entry.closedBy(by.name ?? t.transfer.aColleague);
}
