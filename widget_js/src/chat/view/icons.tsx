import type { VNode } from "preact";

function icon(...paths: string[]): () => VNode {
  return function Icon() {
    return (
      <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
        {paths.map((d) => (
          <path key={d} d={d} />
        ))}
      </svg>
    );
  };
}

export const ChevronDown = icon("M6 9.5l6 6 6-6");
export const Globe = icon(
  "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  "M3.5 12h17",
  "M12 3c2.6 2.5 3.9 5.5 3.9 9s-1.3 6.5-3.9 9c-2.6-2.5-3.9-5.5-3.9-9s1.3-6.5 3.9-9z",
);
export const Send = icon("M12 19.5v-15", "M5.5 11 12 4.5 18.5 11");
export const Check = icon("M5 12.5l4.5 4.5L19 7.5");
export const Clock = icon("M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z", "M12 8v4.2l2.6 1.6");
export const Warning = icon("M12 8v5", "M12 16.3v.2", "M12 3.5 2.8 19.5h18.4z");
export const Translate = icon("M3.5 6h10", "M8.5 3.7V6c0 4-2 6.8-5 8.3", "M5.8 9c1.1 2.6 3 4.5 5.7 5.6", "M11.5 20.3 16 9.7l4.5 10.6", "M13.2 16.8h5.6");
export const Down = icon("M12 5v13", "M6 12.5l6 6 6-6");
export const Star = icon("M12 3.6l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9-4.3-4.1 5.9-.8z");
