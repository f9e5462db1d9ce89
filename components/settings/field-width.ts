/** Of every field of the settings: one edge down the page, whatever the form. */
export const FIELD_WIDTH = "max-w-md";
