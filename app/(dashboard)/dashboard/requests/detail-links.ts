import { requestsHref } from "@/app/(dashboard)/dashboard/requests/query";
import type { DetailLinks } from "@/components/requests/request-detail";
import type { RequestDetail } from "@/lib/requests/read-detail";
import { NO_FILTER } from "@/lib/requests/request-filter";

/** From one request to those that share something with it. */
export function detailLinks({ keyId, lane, projectId, labels }: RequestDetail): DetailLinks {
  const all = { ...NO_FILTER, range: "all" as const };
  return {
    keyHref: requestsHref({ ...all, key: [keyId] }),
    laneHref: lane && requestsHref({ ...all, lane: [lane.id] }),
    projectHref: projectId && requestsHref({ ...all, project: [projectId] }),
    threadHref: labels.threadId && requestsHref({ ...all, thread: labels.threadId }),
  };
}
