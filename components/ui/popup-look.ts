/** What floats above the page: dialogs, sheets, menus and the palette share one ground and one way of coming and going. */
export const BACKDROP =
  "fixed inset-0 z-40 min-h-dvh bg-backdrop transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0 motion-reduce:transition-none";

export const POPUP = "border border-line bg-raised text-ink shadow-overlay outline-none";

export const POPUP_MOTION =
  "transition-[scale,opacity] duration-100 ease-out data-ending-style:scale-[0.98] data-ending-style:opacity-0 data-starting-style:scale-[0.98] data-starting-style:opacity-0 motion-reduce:transition-none";
