import { create } from "qrcode";

/** White around the code, in modules, without which scanners do not find it. */
const QUIET_ZONE = 4;

export type TotpQr = {
  /** Modules per side, with the quiet zone. */
  size: number;
  /** Of the dark modules: the `d` of an SVG path in a `viewBox` of that size. */
  path: string;
};

/** As a shape instead of a picture: it needs no request, no script and no HTML from a string. */
export function totpQr(uri: string): TotpQr {
  const { modules } = create(uri, { errorCorrectionLevel: "M" });
  const cells = Array.from({ length: modules.size * modules.size }, (_, index) => index).filter((index) => modules.data[index]);
  const path = cells.map((index) => `M${(index % modules.size) + QUIET_ZONE} ${Math.floor(index / modules.size) + QUIET_ZONE}h1v1h-1z`);
  return { size: modules.size + 2 * QUIET_ZONE, path: path.join("") };
}
