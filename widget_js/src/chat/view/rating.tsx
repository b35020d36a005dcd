import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Send, Star } from "./icons";
import type { Ui } from "./ui";

const STARS = [1, 2, 3, 4, 5];
const COMMENT_LENGTH = 2000;

interface RatingProps {
  ui: Ui;
  /** What has been given already; null before. */
  given: { readonly stars: number; readonly comment: string | null } | null;
  rate: (stars: number, comment: string | null) => void;
}

/** After the end: stars, and a word about them for those who like to. */
export function Rating({ ui, given, rate }: RatingProps): VNode {
  const { texts } = ui;
  const [comment, setComment] = useState("");
  const done = given?.comment ?? null;
  return (
    <div class="rating" role="group" aria-label={texts.rateQuestion}>
      <p>{given ? texts.rateThanks : texts.rateQuestion}</p>
      <div class="stars">
        {STARS.map((stars) => (
          <button
            key={stars}
            type="button"
            aria-label={`${stars} / ${STARS.length}`}
            aria-pressed={given?.stars === stars}
            data-on={given !== null && stars <= given.stars}
            disabled={done !== null}
            onClick={() => {
              rate(stars, null);
            }}
          >
            <Star />
          </button>
        ))}
      </div>
      {given && done === null && (
        <form
          class="field"
          onSubmit={(event) => {
            event.preventDefault();
            if (comment.trim()) rate(given.stars, comment.trim());
          }}
        >
          <input
            type="text"
            dir="auto"
            maxLength={COMMENT_LENGTH}
            value={comment}
            placeholder={texts.rateComment}
            aria-label={texts.rateComment}
            onInput={(event) => {
              setComment(event.currentTarget.value);
            }}
          />
          <button type="submit" class="send" disabled={!comment.trim()} aria-label={texts.send}>
            <Send />
          </button>
        </form>
      )}
    </div>
  );
}
