import { CLIENT_ADDRESS_HEADER } from "@/lib/http/client-address-header";

export function clientFromHeaders(headers: Headers): { address: string | null; userAgent: string | null } {
  return { address: headers.get(CLIENT_ADDRESS_HEADER), userAgent: headers.get("user-agent") };
}
