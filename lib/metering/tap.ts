import { ChatTap } from "@/lib/metering/chat-tap";
import { ResponsesTap } from "@/lib/metering/responses-tap";
import type { Observed, TapResult } from "@/lib/metering/tap-type";
import type { Wire } from "@/lib/openai/request-facts";
import type { SseEvent } from "@/lib/openai/sse";

/**
 * Watches one upstream stream and never changes it: says of each event what it means for gate and settlement, and
 * keeps what the settlement needs. Plain text events are looked at as bytes; only events that carry more are parsed.
 */
export class UsageTap {
  private readonly tap: ResponsesTap | ChatTap;

  constructor(wire: Wire) {
    this.tap = wire === "responses" ? new ResponsesTap() : new ChatTap();
  }

  observe(event: SseEvent): Observed {
    return this.tap.observe(event);
  }

  result(): TapResult {
    return this.tap.result();
  }
}
