/** The day from which the wording of the terms counts that newcomers agree to; kept with their agreement. */
export const TERMS_VERSION = "2026-11-21";
