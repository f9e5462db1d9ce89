import type { Clock } from "@/lib/time/clock";
import type { ChatgptControl } from "@/workers/simulator/chatgpt/control";
import type { DeviceCodes } from "@/workers/simulator/chatgpt/device-codes";
import type { SignIns } from "@/workers/simulator/chatgpt/sign-ins";
import type { SimulatedAccounts } from "@/workers/simulator/chatgpt/simulated-accounts";
import type { PromptCache } from "@/workers/simulator/openai/count-tokens";
import type { EncryptedContent } from "@/workers/simulator/openai/encrypted-content";
import type { RecordedRequest } from "@/workers/simulator/openai/record-request";
import type { StoredResponses } from "@/workers/simulator/openai/stored-responses";

/** Everything that the routes share. */
export type World = {
  clock: Clock;
  accounts: SimulatedAccounts;
  codes: DeviceCodes;
  signIns: SignIns;
  control: ChatgptControl;
  /** What the model's answers need; see the simulated API. */
  cache: PromptCache;
  encrypted: EncryptedContent;
  stored: StoredResponses;
  requests: ChatgptRequest[];
  /** Where the TLS port is reached without a proxy. */
  tlsOrigin: string;
};

/** A request as it arrived; in the record its tokens are left out. */
export type ChatgptRequest = RecordedRequest & {
  /** Without the port. */
  host: string;
  wireBytes: number;
  /** Whose access token it carried; null: none that is known. */
  accountId: string | null;
};
