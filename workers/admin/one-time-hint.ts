/** Stands below every one-time password. */
export const ONE_TIME_HINT = "The password is for one use: it opens one session, in which a new one must be chosen.";
