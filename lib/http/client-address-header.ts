/**
 * How the `web` process tells the screens who calls: it sets this header from the socket and the trusted proxies on every
 * request, over whatever the client wrote there.
 */
export const CLIENT_ADDRESS_HEADER = "x-switchyard-client-address";
