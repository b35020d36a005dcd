/** Relative luminance of `#rrggbb` as WCAG 2 defines it, 0 to 1. */
export function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = parseInt(color.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Black or white, whichever is easier to read on `color`. */
export function textOn(color: string): "#ffffff" | "#14161a" {
  const light = luminance(color);
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.057 ? "#ffffff" : "#14161a";
}
