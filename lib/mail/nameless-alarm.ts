/** In the place of what a mail server said of a mail that could not be delivered: it names the address. */
export const NAMELESS_ALARM = "removed with the mail that it was about";
