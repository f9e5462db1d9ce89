/**
 * The gateway's transport-neutral request and reply. Two adapters of a few lines turn `node:http` and Web
 * Request/Response into these; nothing in the gateway knows which one is in front of it.
 */
export type HeaderMap = Readonly<Record<string, string>>;

export type Call = {
  method: string;
  /** Path only, always with a leading slash: `/v1/responses`. */
  path: string;
  /** Raw query with its `?`, or the empty string. */
  query: string;
  /** Names in lower case; repeated headers joined with `, `. */
  headers: HeaderMap;
  body: AsyncIterable<Uint8Array>;
  /** The client's address as seen through `TRUSTED_PROXIES`; null when the transport cannot tell. */
  clientAddress: string | null;
  /** Aborts when the client is gone. */
  signal: AbortSignal;
};

export type ReplyBody = Uint8Array | AsyncIterable<Uint8Array>;

export type Reply = {
  status: number;
  headers: HeaderMap;
  body: ReplyBody;
  /** Called once by the adapter: whether everything, the end included, reached the client's socket. */
  onEnd?: (delivered: boolean) => void;
};

/** Exactly one of these per process for `/v1/*`. Never throws: every failure is a reply. */
export type GatewayHandle = (call: Call) => Promise<Reply>;
