/** How the `web` process tells the screens which address was asked for: it sets this header on every request, over whatever the client wrote there. */
export const SCREEN_PATH_HEADER = "x-switchyard-screen-path";
