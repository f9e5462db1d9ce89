import type { Sql } from "postgres";
import type { Admission, AdmissionResult } from "@/lib/gateway/ports";
import { admitRequests } from "@/lib/wallet/admit-requests";
import { CommitGroup } from "@/lib/wallet/commit-group";
import { explainPassingError, isDataError, isPassingError } from "@/lib/wallet/database-error";

const ATTEMPTS_MAX = 3;
const RETRY_MS = 100;

/** Lets requests in and places holds, many in one commit. A database that is away refuses the request, which then cost nothing. */
export class Admitter {
  readonly #group: CommitGroup<Admission, AdmissionResult>;

  constructor(sql: Sql, processId: string) {
    this.#group = new CommitGroup({ flush: (items) => admitRequests(sql, processId, items), isDataError });
  }

  async admit(admission: Admission): Promise<AdmissionResult> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#group.submit(admission);
      } catch (error) {
        if (!isPassingError(error) || attempt >= ATTEMPTS_MAX) throw explainPassingError(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS * attempt));
      }
    }
  }
}
